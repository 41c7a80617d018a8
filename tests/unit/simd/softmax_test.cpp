// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

namespace {

constexpr std::int32_t kUnseen = std::numeric_limits<std::int32_t>::min();

template <class T>
bool close(const Kernels<T>& table, T value, T reference) {
  return same(value, reference) ||
         (!fused(table) && std::abs(value - reference) <=
                               16 * std::numeric_limits<T>::epsilon() * std::abs(reference));
}

/// What softmax_rows changes besides the block.
template <class T>
struct Rows {
  std::vector<T> exponent;
  std::vector<T> rescale;
  std::vector<T> sum;
};

}  // namespace

TEMPLATE_TEST_CASE("softmax_rows agrees with the plain kernel", "[simd]", float, double) {
  using T = TestType;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  std::mt19937_64 engine(81);
  for (const double spread : {1.0, 100.0, 1e6, 1e9, 1e30}) {
    std::normal_distribution<double> draw(-3.0, spread);
    for (Index cols = 0; cols <= 40; ++cols) {
      const Index rows = 9;
      Block<T> input(rows, cols, 1, [&] { return draw(engine); });
      std::vector<std::int32_t> count;
      for (int r = 0; r < rows; ++r) {
        count.push_back(std::uniform_int_distribution<int>(0, static_cast<int>(cols))(engine));
      }
      if (cols > 2) {
        input(1, 0) = kInf;
        input(2, 1) = kNan;
        for (Index j = 0; j < cols; ++j) input(3, j) = -kInf;
        for (Index j = 0; j < cols; ++j) input(4, j) = kNan;
        input(5, 1) = -kInf;
      }
      Rows<T> start{std::vector<T>(rows, -kInf), std::vector<T>(rows, T(9)),
                    std::vector<T>(rows, T(0))};
      for (std::size_t r = 0; r < rows; r += 2) {
        start.exponent[r] = std::round(static_cast<T>(draw(engine)));
        start.sum[r] = T(1.5);
      }
      Block<T> reference(rows, cols, 1);
      reference.copy_from(input);
      Rows<T> expected = start;
      scalar_kernels<T>().softmax_rows(reference.data(), reference.ld(), rows, count.data(),
                                       expected.exponent.data(), expected.rescale.data(),
                                       expected.sum.data());
      for (const auto* table : vector_tables<T>()) {
        INFO(table->name << ", " << cols << " columns");
        Block<T> block(rows, cols, 1);
        block.copy_from(input);
        Rows<T> got = start;
        table->softmax_rows(block.data(), block.ld(), rows, count.data(), got.exponent.data(),
                            got.rescale.data(), got.sum.data());
        CHECK(got.exponent == expected.exponent);
        for (Index r = 0; r < rows; ++r) {
          const auto i = static_cast<std::size_t>(r);
          CHECK(same(got.rescale[i], expected.rescale[i]));
          CHECK(close(*table, got.sum[i], expected.sum[i]));
          for (Index j = 0; j < padded<T>(cols); ++j) {
            // Entries beyond the count, padding included, are left alone.
            const bool left_alone = j >= cols || j >= count[i];
            const T wanted = j >= cols ? kNan : left_alone ? input(r, j) : reference(r, j);
            if (!(left_alone ? same(block(r, j), wanted) : close(*table, block(r, j), wanted))) {
              FAIL_CHECK(block(r, j) << " for " << wanted << " at " << r << ", " << j);
            }
          }
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("softmax_rows in steps is a softmax", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(82);
  std::normal_distribution<double> draw(0.0, 30.0);
  for (const auto* table : available_kernels<T>()) {
    T exponent = -std::numeric_limits<T>::infinity();
    T rescale = 0;
    T sum = 0;
    long double exact = 0;
    long double top = -1e30L;
    for (int step = 0; step < 5; ++step) {
      Block<T> block(1, 23, 0, [&] { return draw(engine) + 20.0 * step; });
      for (Index j = 0; j < 23; ++j) {
        exact += std::exp2(static_cast<long double>(block(0, j)));
        top = std::max(top, static_cast<long double>(block(0, j)));
      }
      const std::int32_t count = 23;
      table->softmax_rows(block.data(), block.ld(), 1, &count, &exponent, &rescale, &sum);
    }
    INFO(table->name);
    CHECK(exponent == static_cast<T>(std::ceil(top)));
    const long double value = std::ldexp(static_cast<long double>(sum), static_cast<int>(exponent));
    CHECK(std::abs(value / exact - 1.0L) < 20 * std::numeric_limits<T>::epsilon());
  }
}

TEMPLATE_TEST_CASE("softmax_rows takes logits of any size", "[simd]", float, double) {
  using T = TestType;
  // 19 logits within a few of `top`, in two steps, beside some that are far below.
  for (const double top : {1e5, 1e6, 1e7, 3e9, 1e18, 1e37, -1e5, -1e7, -3e9, -1e18, -1e37}) {
    for (const auto* table : available_kernels<T>()) {
      INFO(table->name << ", top " << top);
      const auto largest = static_cast<T>(top);
      const T gap = std::nextafter(largest, std::numeric_limits<T>::infinity()) - largest;
      Block<T> all(1, 38, 0);
      long double expected = 0;
      for (Index j = 0; j < 38; ++j) {
        all(0, j) = largest - static_cast<T>(j % 7) * std::max(gap, T{0.25});
        if (j % 5 == 1) all(0, j) = -std::abs(largest) * T{4};
        expected += std::exp2(static_cast<long double>(all(0, j)) - largest);
      }
      T exponent = -std::numeric_limits<T>::infinity();
      T rescale = 0;
      T sum = 0;
      for (const Index first : {19, 0}) {  // the larger ones come last
        Block<T> block(1, 19, 0);
        for (Index j = 0; j < 19; ++j) block(0, j) = all(0, first + j);
        const std::int32_t count = 19;
        table->softmax_rows(block.data(), block.ld(), 1, &count, &exponent, &rescale, &sum);
        for (Index j = 0; j < 19; ++j) {
          const long double weight =
              std::exp2(static_cast<long double>(all(0, first + j)) - exponent);
          // Below the normal numbers weights may be flushed.
          CHECK(std::abs(block(0, j) - weight) <=
                4 * std::numeric_limits<T>::epsilon() * weight + std::numeric_limits<T>::min());
        }
      }
      CHECK(exponent == std::ceil(largest));
      const long double shift = std::exp2(static_cast<long double>(exponent) - largest);
      CHECK(std::abs(sum * shift / expected - 1.0L) < 20 * std::numeric_limits<T>::epsilon());
    }
  }
}

TEMPLATE_TEST_CASE("exp2_weights agrees with the plain kernel and with its formula", "[simd]",
                   float, double) {
  using T = TestType;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  std::mt19937_64 engine(83);
  std::normal_distribution<double> draw(0.0, 40.0);
  for (Index cols = 0; cols <= 90; cols += cols < 40 ? 1 : 7) {
    const Index rows = cols % 2 == 0 ? 6 : 27;
    Block<T> input(rows, cols, 1, [&] { return draw(engine); });
    GuardedArray<std::int32_t> column_exponent(cols);
    for (Index j = 0; j < cols; ++j) {
      column_exponent[j] = j % 5 == 3 ? kUnseen : static_cast<std::int32_t>(draw(engine));
    }
    if (cols > 3) {
      input(1, 0) = kNan;
      input(2, 1) = kInf;
      input(3, 3) = kInf;  // in a column without mass
      input(4, 2) = -kInf;
    }
    constexpr auto kSize = static_cast<Index>(sizeof(T));
    const Ahead ahead{{{input.data(), input.ld() * kSize, cols * kSize, rows}, {}}};
    Block<T> reference(rows, cols, 1);
    reference.copy_from(input);
    GuardedArray<std::int32_t> row_exponents(rows);
    scalar_kernels<T>().exp2_weights(reference.data(), reference.ld(), rows, cols,
                                     column_exponent.data(), row_exponents.data(), {});
    for (const auto* table : vector_tables<T>()) {
      Block<T> block(rows, cols, 1);
      block.copy_from(input);
      GuardedArray<std::int32_t> exponents(rows);
      table->exp2_weights(block.data(), block.ld(), rows, cols, column_exponent.data(),
                          exponents.data(), ahead);
      for (Index r = 0; r < rows; ++r) {
        CHECK(exponents[r] == row_exponents[r]);
        for (Index j = 0; j < cols; ++j) {
          if (!close(*table, block(r, j), reference(r, j))) {
            FAIL_CHECK(table->name << ": " << block(r, j) << " for " << reference(r, j));
          }
        }
      }
      CHECK(block.gaps_untouched());
    }
    long double top = -1e30L;
    for (Index j = 0; j < cols; ++j) {
      if (column_exponent[j] == kUnseen) continue;
      top = std::max(top, static_cast<long double>(input(0, j)) + column_exponent[j]);
    }
    if (top > -1e30L) CHECK(static_cast<T>(row_exponents[0]) == std::ceil(static_cast<T>(top)));
    for (Index j = 0; j < cols; ++j) {
      const long double t =
          static_cast<long double>(input(0, j)) + column_exponent[j] - std::ceil(top);
      const long double exact = column_exponent[j] == kUnseen ? 0.0L : std::exp2(t);
      const bool tiny = exact < 2 * std::numeric_limits<T>::min();
      CHECK((tiny ? reference(0, j) <= 3 * std::numeric_limits<T>::min()
                  : ulps(reference(0, j), exact) <= 2.25));
    }
  }
}
