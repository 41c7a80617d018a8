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
  for (Index n = 1; n <= 2048; n *= 2) {
    for (const Index rounds : {1, 2, 3, 4}) {
      GuardedArray<T> input(16 * n);
      for (Index i = 0; i < 16 * n; ++i) input[i] = static_cast<T>(normal());
      GuardedArray<T> signs(rounds * n);
      for (Index i = 0; i < rounds * n; ++i) signs[i] = normal() < 0 ? T{-1} : T{1};
      GuardedArray<T> reference(16 * n);
      scalar.hadamard16(input.data(), signs.data(), rounds, n, reference.data());
      for (const auto* table : vector_tables<T>()) {
        GuardedArray<T> out(16 * n);
        table->hadamard16(input.data(), signs.data(), rounds, n, out.data());
        GuardedArray<T> in_place(16 * n);
        std::copy_n(input.data(), 16 * n, in_place.data());
        table->hadamard16(in_place.data(), signs.data(), rounds, n, in_place.data());
        for (Index i = 0; i < 16 * n; ++i) {
          if (!same(out[i], reference[i]) || !same(in_place[i], reference[i])) {
            FAIL_CHECK(table->name << ", n = " << n << ", " << rounds << " rounds: " << i);
          }
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("hadamard16 is signs and transforms, 16 vectors at once", "[simd]", float,
                   double) {
  using T = TestType;
  SmallIntegers integer(33);
  const Index n = 64;
  const Index rounds = 3;
  GuardedArray<T> data(16 * n);
  GuardedArray<T> signs(rounds * n);
  for (Index i = 0; i < 16 * n; ++i) data[i] = static_cast<T>(integer());
  for (Index i = 0; i < rounds * n; ++i) signs[i] = integer() < 0 ? T{-1} : T{1};
  for (const auto* table : available_kernels<T>()) {
    GuardedArray<T> out(16 * n);
    table->hadamard16(data.data(), signs.data(), rounds, n, out.data());
    for (Index l = 0; l < 16; ++l) {
      GuardedArray<T> one(n);
      for (Index i = 0; i < n; ++i) one[i] = data[i * 16 + l];
      for (Index r = 0; r < rounds; ++r) {
        for (Index i = 0; i < n; ++i) one[i] *= signs[r * n + i];
        table->fwht(one.data(), n);
      }
      for (Index i = 0; i < n; ++i) {  // integers: exact in any order
        if (out[i * 16 + l] != one[i]) FAIL_CHECK(table->name << ": " << i << " of " << l);
      }
    }
  }
}

TEMPLATE_TEST_CASE("rows go into lanes and back", "[simd]", float, double) {
  using T = TestType;
  Normals normal(34);
  for (const auto* table : available_kernels<T>()) {
    for (Index cols = 0; cols <= 40; ++cols) {
      for (Index rows = 0; rows <= 16; ++rows) {
        const Index n =
            cols <= 1 ? 1 : static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(cols)));
        const Block<T> x(rows, cols, cols % 2, std::ref(normal));
        GuardedArray<T> data(16 * n);
        table->interleave16(x.data(), x.ld(), rows, cols, n, data.data());
        for (Index i = 0; i < n; ++i) {
          for (Index l = 0; l < 16; ++l) {
            const T expected = i < cols && l < rows ? x(l, i) : T{0};
            if (data[i * 16 + l] != expected) FAIL_CHECK(table->name << ": " << i << ", " << l);
          }
        }
        GuardedArray<T> scale(cols);
        for (Index i = 0; i < cols; ++i) scale[i] = static_cast<T>(normal());
        // Neighbouring columns belong to someone else.
        Block<T> out(rows, cols + 2, 1);
        table->deinterleave16(data.data(), scale.data(), rows, cols, out.data() + 1, out.ld());
        for (Index l = 0; l < rows; ++l) {
          for (Index i = 0; i < cols; ++i) {
            if (!same(out(l, i + 1), scale[i] * x(l, i))) {
              FAIL_CHECK(table->name << " out: " << i << ", " << l);
            }
          }
          if (!std::isnan(out(l, 0)) || !std::isnan(out(l, cols + 1))) {
            FAIL_CHECK(table->name << " wrote beside the columns");
          }
        }
      }
    }
  }
}
