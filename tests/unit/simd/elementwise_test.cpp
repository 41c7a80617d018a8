// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

namespace {

/// Runs `apply(kernels, block)` by every table on copies of one block of `width` columns and wants
/// the bits of the plain kernel; a table without fused arithmetic may differ by `tolerance`.
template <class T, class Apply>
void check_blocks(Index rows, Index filled, Index width, double tolerance, Apply apply) {
  Normals normal(static_cast<std::uint64_t>(100 * rows + width));
  const Block<T> input(rows, filled, 0, [&] { return 3.0 * normal(); });
  const auto run = [&](const Kernels<T>& table, Block<T>& block) {
    for (Index r = 0; r < rows; ++r) {
      for (Index j = 0; j < filled; ++j) block(r, j) = input(r, j);
    }
    apply(table, block);
  };
  Block<T> reference(rows, width, 1);
  run(scalar_kernels<T>(), reference);
  for (const auto* table : vector_tables<T>()) {
    Block<T> block(rows, width, 1);
    run(*table, block);
    for (Index r = 0; r < rows; ++r) {
      for (Index j = 0; j < width; ++j) {
        const double error = std::abs(static_cast<double>(block(r, j) - reference(r, j)));
        if (!same(block(r, j), reference(r, j)) && !(!fused(*table) && error <= tolerance)) {
          FAIL_CHECK(table->name << ": " << block(r, j) << " for " << reference(r, j) << " at " << r
                                 << ", " << j << " of " << rows << " x " << width);
        }
      }
    }
    if (!block.gaps_untouched()) FAIL_CHECK(table->name << " wrote between rows");
  }
}

}  // namespace

TEMPLATE_TEST_CASE("affine_rows, mirror_rows and rectify_rows agree with the plain kernels",
                   "[simd]", float, double) {
  using T = TestType;
  constexpr double kTolerance = 40.0 * std::numeric_limits<T>::epsilon();
  Normals normal(21);
  for (Index cols = 0; cols <= 40; ++cols) {
    GuardedArray<T> offset(padded<T>(cols));
    for (Index j = 0; j < padded<T>(cols); ++j) offset[j] = j < cols ? static_cast<T>(normal()) : 0;
    for (const Index rows : {Index{0}, Index{1}, Index{5}, kBlockRows}) {
      GuardedArray<T> scale(rows);
      GuardedArray<T> row_offset(rows);
      for (Index r = 0; r < rows; ++r) {
        scale[r] = static_cast<T>(0.2 * std::abs(normal()));
        row_offset[r] = static_cast<T>(normal());
      }
      for (const T* column_offset :
           {static_cast<const T*>(nullptr), std::as_const(offset).data()}) {
        check_blocks<T>(rows, cols, cols, kTolerance, [&](const auto& table, auto& block) {
          table.affine_rows(block.data(), block.ld(), rows, cols, T(1.7), column_offset);
        });
        check_blocks<T>(rows, cols, 2 * cols, kTolerance, [&](const auto& table, auto& block) {
          table.mirror_rows(block.data(), block.ld(), rows, cols, column_offset);
        });
      }
      for (const int order : {0, 1, 2}) {
        for (const T* added : {static_cast<const T*>(nullptr), std::as_const(row_offset).data()}) {
          check_blocks<T>(rows, cols, cols, kTolerance, [&](const auto& table, auto& block) {
            table.rectify_rows(block.data(), block.ld(), rows, cols, order, T(0.6), scale.data(),
                               added);
          });
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("rectify_rows is a multiple of max(x, 0)^order plus an offset", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  const T x[] = {T(-2), T(-0.0), T(0), T(3), kInf, -kInf, kNan};
  const T expected[3][7] = {
      {1, 1, 1, 4, 4, 1, kNan}, {1, 1, 1, 19, kInf, 1, kNan}, {1, 1, 1, 109, kInf, 1, kNan}};
  const T scale = 2;
  const T offset = 1;
  for (const auto* table : available_kernels<T>()) {
    for (const int order : {0, 1, 2}) {
      Block<T> block(1, 7);
      std::copy(std::begin(x), std::end(x), block.data());
      table->rectify_rows(block.data(), block.ld(), 1, 7, order, T(3), &scale, &offset);
      for (Index j = 0; j < 7; ++j) {
        INFO(table->name << ", order " << order << ", x = " << x[j]);
        const T value = block(0, j);
        CHECK((value == expected[order][j] || (value != value && x[j] != x[j])));
      }
    }
  }
}
