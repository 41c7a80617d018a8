// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

TEMPLATE_TEST_CASE("pack_rows agrees with the plain kernel for any strides", "[simd]", float,
                   double) {
  using T = TestType;
  Normals normal(61);
  const Index rows = 5;
  for (Index cols = 0; cols <= 40; ++cols) {
    GuardedArray<T> source(rows * cols * 2);
    for (Index i = 0; i < source.size(); ++i) source[i] = static_cast<T>(normal());
    GuardedArray<T> centre(cols);
    GuardedArray<T> scale(cols);
    for (Index k = 0; k < cols; ++k) {
      centre[k] = static_cast<T>(normal());
      scale[k] = static_cast<T>(normal());
    }
    struct Layout {
      const T* data;
      Index row_stride;
      Index col_stride;
    };
    const T* const last_row = source.data() + source.size() - cols;
    const Layout layouts[] = {
        {source.data() + rows * cols, cols, 1},          // contiguous, to the very end
        {last_row, -cols, 1},                            // upside down
        {source.data() + source.size() - 1, -cols, -1},  // and mirrored
        {source.data(), 1, rows},                        // column-major
        {source.data(), 0, 2},                           // one row, every other element
        {source.data() + 1, cols + 1, 1},                // misaligned
    };
    for (const Layout& x : layouts) {
      if (cols == 0) continue;
      for (int use = 0; use < 4; ++use) {
        const T* const c = use % 2 == 0 ? nullptr : centre.data();
        const T* const s = use < 2 ? nullptr : scale.data();
        Block<T> reference(rows, cols);
        GuardedArray<double> reference_norm(rows);
        scalar_kernels<T>().pack_rows(x.data, x.row_stride, x.col_stride, rows, cols, c, s,
                                      reference.data(), reference.ld(), reference_norm.data());
        for (const auto* table : vector_tables<T>()) {
          Block<T> out(rows, cols, 1);
          GuardedArray<double> norm(rows);
          table->pack_rows(x.data, x.row_stride, x.col_stride, rows, cols, c, s, out.data(),
                           out.ld(), norm.data());
          for (Index r = 0; r < rows; ++r) {
            for (Index k = 0; k < padded<T>(cols); ++k) {
              if (!same(out(r, k), reference(r, k)))
                FAIL_CHECK(table->name << ' ' << r << ' ' << k);
            }
            const double tolerance = fused(*table) ? 0.0 : 1e-13 * reference_norm[r];
            if (!(std::abs(norm[r] - reference_norm[r]) <= tolerance)) {
              FAIL_CHECK(table->name << ": norm " << norm[r] << " for " << reference_norm[r]);
            }
          }
          CHECK(out.gaps_untouched());
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("pack_transposed is pack_columns of the scaled transpose", "[simd]", float,
                   double) {
  using T = TestType;
  Normals normal(62);
  for (Index rows = 0; rows <= 40; ++rows) {
    for (Index cols = 0; cols <= 40; ++cols) {
      const Block<T> a(rows, cols, rows % 2, std::ref(normal));
      GuardedArray<T> scale(cols);
      for (Index j = 0; j < cols; ++j) scale[j] = static_cast<T>(normal());
      for (const T* s : {static_cast<const T*>(nullptr), std::as_const(scale).data()}) {
        Block<T> scaled(rows, cols);
        for (Index r = 0; r < rows; ++r) {
          for (Index j = 0; j < cols; ++j) scaled(r, j) = s ? s[j] * a(r, j) : a(r, j);
        }
        GuardedArray<T> reference(cols * padded<T>(rows));
        pack_columns<T>(bochner::MatrixView<const T>(scaled.data(), cols, rows, 1, scaled.ld()),
                        reference.data());
        for (const auto* table : available_kernels<T>()) {
          GuardedArray<T> packed(cols * padded<T>(rows));
          table->pack_transposed(a.data(), a.ld(), rows, cols, s, packed.data());
          for (Index i = 0; i < packed.size(); ++i) {
            if (!same(packed[i], reference[i])) FAIL_CHECK(table->name << ' ' << rows << ' ' << i);
          }
        }
      }
    }
  }
}
