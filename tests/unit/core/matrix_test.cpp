// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/core/matrix.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <new>
#include <sstream>
#include <string>
#include <utility>

using bochner::Index;
using bochner::Matrix;

namespace {

/// What the kernel says of the mapping that holds an address ("VmFlags" of proc_pid_smaps(5)).
std::string flags_of(const void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    if (inside && line.starts_with("VmFlags:")) return line.substr(8) + ' ';
    std::istringstream range(line);
    std::uintptr_t first = 0, end = 0;
    char dash = 0;
    if (range >> std::hex >> first >> dash >> end && dash == '-') {
      inside = first <= address && address < end;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("huge pages are asked for behind large matrices", "[matrix]") {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) {
    WARN("this kernel has no transparent huge pages");
    return;
  }
  const Matrix<double> large(1 << 20, 4);  // 32 MiB
  CHECK(flags_of(large.row(1 << 19)).find(" hg ") != std::string::npos);
  static const char small[4096] = {};
  CHECK(flags_of(small).find(" hg ") == std::string::npos);
  for (Index i = 0; i < large.size(); i += 511) REQUIRE(large.data()[i] == 0.0);
}

TEST_CASE("a matrix is zero, aligned and deeply copied", "[matrix]") {
  Matrix<float> a(3, 5);
  CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
  for (Index i = 0; i < a.size(); ++i) CHECK(a.data()[i] == 0.0F);
  a(2, 4) = 7.0F;
  Matrix<float> b = a;
  b(2, 4) = 8.0F;
  CHECK(a(2, 4) == 7.0F);
  const Matrix<float> c = std::move(b);
  CHECK(c(2, 4) == 8.0F);
  CHECK(b.rows() == 0);  // NOLINT(bugprone-use-after-move): a moved-from matrix is empty
  a = c;
  CHECK(a.view()(2, 4) == 8.0F);
}

TEST_CASE("absurd extents are refused before anything is allocated", "[matrix]") {
  constexpr Index kHuge = std::numeric_limits<Index>::max();
  CHECK_THROWS_AS(Matrix<double>(-1, 2), bochner::InvalidArgument);
  CHECK_THROWS_AS(Matrix<double>(kHuge, 2), std::bad_alloc);
  CHECK_THROWS_AS(Matrix<double>(kHuge / 4, 1), std::bad_alloc);
  CHECK(Matrix<double>(0, kHuge).size() == 0);
}
