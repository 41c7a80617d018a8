// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <bit>
#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

TEMPLATE_TEST_CASE("fwht is the Walsh-Hadamard matrix", "[simd]", float, double) {
  using T = TestType;
  SmallIntegers integer(31);
  for (const auto* table : available_kernels<T>()) {
    for (Index n = 1; n <= 512; n *= 2) {
      GuardedArray<T> data(n);
      std::vector<long> input(static_cast<std::size_t>(n));
      for (Index i = 0; i < n; ++i) {
        input[static_cast<std::size_t>(i)] = std::lround(integer());
        data[i] = static_cast<T>(input[static_cast<std::size_t>(i)]);
      }
      table->fwht(data.data(), n);
      for (Index i = 0; i < n; ++i) {
        long exact = 0;
        for (Index k = 0; k < n; ++k) {
          const bool negative = std::popcount(static_cast<std::uint64_t>(i & k)) % 2 != 0;
          exact +=
              negative ? -input[static_cast<std::size_t>(k)] : input[static_cast<std::size_t>(k)];
        }
        if (data[i] != static_cast<T>(exact)) FAIL_CHECK(table->name << ", n = " << n << ": " << i);
      }
    }
  }
}

TEMPLATE_TEST_CASE("transforms have the same bits on every instruction set", "[simd]", float,
                   double) {
  using T = TestType;
  Normals normal(32);
  const Kernels<T>& scalar = scalar_kernels<T>();
  for (Index n = 1; n <= 1 << 14; n *= 2) {
    GuardedArray<T> input(n);
    for (Index i = 0; i < n; ++i) input[i] = static_cast<T>(normal());
    GuardedArray<T> reference(n);
    std::copy_n(input.data(), n, reference.data());
    scalar.fwht(reference.data(), n);
    for (const auto* table : vector_tables<T>()) {
      GuardedArray<T> data(n);
      std::copy_n(input.data(), n, data.data());
      table->fwht(data.data(), n);
      for (Index i = 0; i < n; ++i) {
        if (!same(data[i], reference[i])) FAIL_CHECK(table->name << ", n = " << n << ": " << i);
      }
    }
  }
}

namespace {

/// A Hadamard projection of random rows, with signs and scales of its own.
template <class T>
struct Projection {
  template <class Draw>
  Projection(Index row_count, Index dim, Index padded_dim, Index round_count, Index columns,
             Draw draw)
      : rows(row_count),
        n(padded_dim),
        rounds(round_count),
        cols(columns),
        x(rows, dim, 1, draw),
        signs((cols + n - 1) / n * n * rounds),
        scale(padded<T>(cols)) {
    for (Index i = 0; i < signs.size(); ++i) signs[i] = draw() < 0 ? T{-1} : T{1};
    for (Index j = 0; j < cols; ++j) scale[j] = static_cast<T>(draw());
  }

  void run(const Kernels<T>& table, Block<T>& out) const {
    GuardedArray<T> scratch(hadamard_scratch<T>(n));
    table.hadamard(x.data(), x.ld(), rows, x.cols(), n, signs.data(), rounds, scale.data(), cols,
                   out.data(), out.ld(), scratch.data());
  }

  Index rows;
  Index n;
  Index rounds;
  Index cols;
  Block<T> x;
  GuardedArray<T> signs;
  GuardedArray<T> scale;
};

}  // namespace

TEMPLATE_TEST_CASE("Hadamard projections have the same bits on every instruction set", "[simd]",
                   float, double) {
  using T = TestType;
  Normals normal(35);
  for (Index n = 16; n <= 4096; n *= 2) {
    for (const Index rounds : {1, 2, 3, 4}) {
      for (const Index rows : {0, 1, 2, 3, 4, 5, 7, 9}) {
        const Index dim = n / 2 + 1 + (rows * 5 + rounds) % (n / 2);
        const Index cols = rows % 2 == 0 ? 2 * n + rows : n - rows;
        const Projection<T> projection(rows, dim, n, rounds, cols, std::ref(normal));
        Block<T> reference(rows, cols);
        projection.run(scalar_kernels<T>(), reference);
        for (const auto* table : vector_tables<T>()) {
          Block<T> out(rows, cols, 1);
          projection.run(*table, out);
          Index wrong = 0;
          for (Index r = 0; r < rows; ++r) {
            for (Index j = 0; j < cols; ++j) wrong += same(out(r, j), reference(r, j)) ? 0 : 1;
          }
          INFO(table->name << ", n = " << n << ", " << rounds << " rounds, " << rows << " rows");
          CHECK(wrong == 0);
          CHECK(out.gaps_untouched());
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a Hadamard projection is signs and transforms in turn", "[simd]", float,
                   double) {
  using T = TestType;
  SmallIntegers integer(33);
  for (const auto* table : available_kernels<T>()) {
    for (const Index n : {16, 64, 256}) {
      const Projection<T> projection(5, n - 3, n, 3, 2 * n - 5, std::ref(integer));
      Block<T> out(5, projection.cols);
      projection.run(*table, out);
      for (Index r = 0; r < 5; ++r) {
        for (Index start = 0; start < projection.cols; start += n) {
          GuardedArray<T> one(n);
          for (Index i = 0; i < n; ++i) one[i] = i < n - 3 ? projection.x(r, i) : T{0};
          for (Index round = 0; round < 3; ++round) {
            for (Index i = 0; i < n; ++i) one[i] *= projection.signs[3 * start + round * n + i];
            table->fwht(one.data(), n);
          }
          for (Index i = 0; i < n && start + i < projection.cols; ++i) {  // exact in any order
            if (out(r, start + i) != projection.scale[start + i] * one[i]) {
              FAIL_CHECK(table->name << ", n = " << n << ": " << start + i << " of row " << r);
            }
          }
        }
      }
    }
  }
}
