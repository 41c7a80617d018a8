// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"
#include "io/npy_header.hpp"
#include "io/row_reader.hpp"
#include "support/allocation.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::PeakAllocation;
using bochner::test::Scratch;
using namespace std::string_view_literals;

namespace {

constexpr int kFiles = 1000;
constexpr std::size_t kMostBytes = std::size_t{1} << 26;

/// A sequence of numbers that a file is made from.
class Dice {
 public:
  explicit Dice(int file) : stream_({static_cast<std::uint64_t>(file)}, bochner::Purpose::study) {}
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(stream_.uniform(next_++) * static_cast<double>(count));
  }
  template <std::size_t Count>
  std::string one_of(const std::string_view (&choices)[Count]) {
    return std::string(choices[below(Count)]);
  }

 private:
  bochner::Stream stream_;
  std::uint64_t next_ = 0;
};

std::string number(Dice& dice) {
  constexpr std::string_view kNumbers[] = {"0",      "1",        "-2.5",  "1e3",  "0.1",
                                           "1e-400", "7",        "12345", "1e39", "+4",
                                           "3.25",   "16777216", "1e300"};
  return dice.one_of(kNumbers);
}

std::string csv_file(Dice& dice) {
  constexpr std::string_view kDelimiters[] = {",", ";", "\t", " "};
  constexpr std::string_view kEnds[] = {"\n", "\r\n", "\r"};
  const std::string delimiter = dice.one_of(kDelimiters);
  const std::string end = dice.one_of(kEnds);
  const std::size_t cols = 1 + dice.below(6);
  std::string out;
  if (dice.below(2) == 0) {
    for (std::size_t c = 0; c < cols; ++c)
      out += (c > 0 ? delimiter : "") + "n" + std::to_string(c);
    out += end;
  }
  for (std::size_t r = dice.below(12); r > 0; --r) {
    for (std::size_t c = 0; c < cols; ++c) out += (c > 0 ? delimiter : "") + number(dice);
    out += end;
  }
  return out;
}

std::string svmlight_file(Dice& dice) {
  std::string out;
  for (std::size_t r = 1 + dice.below(12); r > 0; --r) {
    out += number(dice);
    std::size_t index = 0;
    for (std::size_t k = dice.below(5); k > 0; --k) {
      index += 1 + dice.below(dice.below(8) == 0 ? 3'000'000 : 9);
      out += " " + std::to_string(index) + ":" + number(dice);
    }
    out += "\n";
  }
  return out;
}

std::string npy_file(Dice& dice) {
  NpyHeader header;
  header.kind = "fiu"[dice.below(3)];
  header.item_bytes = header.kind == 'f' ? 4 : 2;
  header.storage = dice.below(2) == 0 ? StorageOrder::row_major : StorageOrder::column_major;
  header.shape = {static_cast<Index>(dice.below(9)), static_cast<Index>(dice.below(7))};
  std::string out = format_npy_header(header);
  for (Index k = data_bytes(header); k > 0; --k) out += static_cast<char>(dice.below(256));
  return out;
}

/// Some bytes changed, put in, taken out or repeated.
std::string damaged(std::string text, Dice& dice) {
  constexpr std::string_view kBytes = ",;\t \n\r\"#:-+.eE0123456789xNA()'L\0\xFF\xEF"sv;
  for (std::size_t times = 1 + dice.below(4); times > 0 && !text.empty(); --times) {
    const std::size_t at = dice.below(text.size());
    switch (dice.below(5)) {
      case 0:
        text[at] = kBytes[dice.below(kBytes.size())];
        break;
      case 1:
        text.insert(at, 1, kBytes[dice.below(kBytes.size())]);
        break;
      case 2:
        text.erase(at, 1 + dice.below(5));
        break;
      case 3:
        text.resize(at);
        break;
      default:
        text.insert(at, std::string(1 + dice.below(9), '9'));
    }
  }
  return text;
}

/// Reads it all, block after block, with all that a reader can be asked for.
Index read_through(const std::string& path, Dice& dice) {
  ReadOptions options;
  options.text = ColumnSelection{{"1"}, {}};
  if (dice.below(3) == 0) options.groups = {0};
  if (dice.below(3) == 0) options.non_finite = NonFinite::keep;
  if (dice.below(8) == 0) options.svmlight.first_index = 0;
  const auto reader = open_rows(path, options);
  Index rows = 0;
  Matrix<double> block(std::min<Index>(3, rows_at_a_time(reader->cols())), reader->cols());
  for (Index got = block.rows(); got == block.rows(); rows += got) {
    got = reader->read(block.view());
    for (Index i = 0; i < got; ++i) {
      static_cast<void>(reader->text(i, 0).size());
      static_cast<void>(reader->place(i, 0));
    }
  }
  static_cast<void>(reader->digest());
  return rows;
}

void survive(std::string (*make)(Dice&), const std::string& name) {
  // Where text goes wrong there is a line, or it is about the columns of the whole.
  const std::regex with_place(
      ": (line [0-9]+[,:]|row [0-9]+, column [0-9]+|is |has no|has \\d+ dimension|no column|ends "
      "|not a well-formed|holds |goes on|became|the product)");
  const Scratch scratch;
  int refused = 0;
  for (int file = 0; file < kFiles; ++file) {
    Dice dice(file);
    const std::string text = damaged(make(dice), dice);
    const std::string path = scratch.write(name, text);
    INFO(file << ": " << text);
    const PeakAllocation held;
    try {
      read_through(path, dice);
    } catch (const FileError& error) {
      ++refused;
      const std::string words = error.what();
      INFO(words);
      CHECK(words.starts_with(path + ": "));
      CHECK(std::regex_search(words.substr(path.size()), with_place));
    }
    CHECK(held.bytes() <= kMostBytes);
  }
  // Both ends are looked at.
  CHECK(refused > kFiles / 10);
  CHECK(refused < kFiles);
}

}  // namespace

TEST_CASE("a thousand damaged tables are read or refused, in little memory", "[csv][bad]") {
  survive(csv_file, "a.csv");
}

TEST_CASE("a thousand damaged svmlight files are read or refused, in little memory",
          "[svmlight][bad]") {
  survive(svmlight_file, "a.svm");
}

TEST_CASE("a thousand damaged arrays are read or refused, in little memory", "[npy][bad]") {
  survive(npy_file, "a.npy");
}
