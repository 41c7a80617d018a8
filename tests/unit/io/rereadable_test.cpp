// SPDX-License-Identifier: Apache-2.0
#include "io/rereadable.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

std::string table(int rows) {
  std::string out = "a,b\n";
  for (int i = 0; i < rows; ++i) out += std::to_string(i) + ",0.5\n";
  return out;
}

/// TMPDIR, for as long as it lives.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& path) {
    const char* const before = std::getenv("TMPDIR");
    if (before != nullptr) before_ = before;
    ::setenv("TMPDIR", path.c_str(), 1);
  }
  ~TemporaryFolder() {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
  }

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("a pipe is read again and again, and leaves nothing", "[io][pipe]") {
  const Scratch scratch;
  const Scratch folder;
  const TemporaryFolder temporary(folder.path());
  const std::string path = scratch.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const std::string text = table(300'000);  // some MiB: more than one chunk
  std::thread writer([&] { std::ofstream(path, std::ios::binary) << text; });
  const auto source = open_rereadable(path);
  writer.join();
  CHECK(folder.list().empty());
  CHECK(source->size() == text.size());
  CHECK(source->name() == path);
  for (int time = 0; time < 3; ++time) {
    const auto reader = open_rows(source->again());
    const auto rows = read_all<double>(*reader);
    REQUIRE(rows.rows() == 300'000);
    CHECK(rows(299'999, 0) == 299'999);
    CHECK(reader->digest() == open_rows(scratch.write("file", text))->digest());
  }
}

TEST_CASE("readers of one file do not disturb each other", "[io][pipe]") {
  const Scratch scratch;
  const std::string path = scratch.write("a.csv", table(50'000));
  const auto source = open_rereadable(path);
  const auto one = open_rows(source->again());
  const auto two = open_rows(source->again());
  bochner::Matrix<double> block(3, 2);
  one->read(block.view());
  two->read(block.view());
  CHECK(block(2, 0) == 2);
  one->read(block.view());
  CHECK(block(2, 0) == 5);
  // Another file under the same name is not this file.
  std::filesystem::remove(path);
  scratch.write("a.csv", "other\n1\n");
  const auto rows = read_all<double>(*open_rows(source->again()));
  CHECK(rows.rows() == 50'000);
}

TEST_CASE("what cannot be copied is refused by name", "[io][pipe][bad]") {
  const Scratch scratch;
  const std::string missing = scratch.path("nosuch");
  const TemporaryFolder temporary(missing);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  REQUIRE(::write(ends[1], "1\n", 2) == 2);
  ::close(ends[1]);
  CHECK_THROWS_WITH(open_rereadable(path), Contains(path + ": ") && Contains("TMPDIR"));
  ::close(ends[0]);
  // A regular file needs no copy.
  CHECK(open_rereadable(scratch.write("a", "1\n"))->size() == 2);
}
