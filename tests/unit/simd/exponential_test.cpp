// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <bit>
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

template <class T>
constexpr T kInf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

/// Arguments of exp: every 1499th float of all there are; for double as many, in the same places.
template <class T>
std::vector<T> all_magnitudes() {
  std::vector<T> x;
  std::mt19937_64 engine(41);
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 1499) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const double fill = std::uniform_real_distribution<double>(0.0, 1e-7)(engine);
    if (std::isfinite(value)) x.push_back(static_cast<T>(value * (1.0 + fill)));
  }
  return x;
}

template <class T>
std::vector<T> uniform(double low, double high, int count) {
  std::mt19937_64 engine(42);
  std::uniform_real_distribution<double> distribution(low, high);
  std::vector<T> x;
  for (int i = 0; i < count; ++i) x.push_back(static_cast<T>(distribution(engine)));
  return x;
}

template <class T>
double worst_exp(const Kernels<T>& table, const std::vector<T>& x) {
  std::vector<T> out(x.size());
  table.exp(x.data(), out.data(), static_cast<Index>(x.size()));
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, ulps(out[i], std::exp(static_cast<long double>(x[i]))));
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("exp is within 2 ulp over the whole range", "[simd]", float, double) {
  using T = TestType;
  const double low = sizeof(T) == 4 ? -104.5 : -746.0;  // through the subnormal results
  const double high = sizeof(T) == 4 ? 89.0 : 710.0;
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    CHECK(worst_exp(*table, all_magnitudes<T>()) <= 2.0);
    CHECK(worst_exp(*table, uniform<T>(low, high, 300000)) <= 2.0);
  }
}

TEMPLATE_TEST_CASE("exp has exact edges", "[simd]", float, double) {
  using T = TestType;
  const T largest = sizeof(T) == 4 ? T(88.722835) : T(709.782712893383973);
  const std::vector<T> x = {0,       T(-0.0), kInf<T>, -kInf<T>,           kNan<T>,
                            largest, 1000000, T(-1e6), largest * T(1.0001)};
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    std::vector<T> out(x.size());
    table->exp(x.data(), out.data(), static_cast<Index>(x.size()));
    CHECK(out[0] == T{1});
    CHECK(out[1] == T{1});
    CHECK(out[2] == kInf<T>);
    CHECK(out[3] == T{0});
    CHECK(std::isnan(out[4]));
    CHECK(std::isfinite(out[5]));
    CHECK(out[6] == kInf<T>);
    CHECK(out[7] == T{0});
    CHECK(out[8] == kInf<T>);
  }
}

TEMPLATE_TEST_CASE("exp gives the same bits in every place and in place", "[simd]", float, double) {
  using T = TestType;
  const std::vector<T> x = uniform<T>(-30.0, 30.0, 41);
  for (const auto* table : available_kernels<T>()) {
    std::vector<T> reference(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      scalar_kernels<T>().exp(&x[i], &reference[i], 1);
      T alone = 0;
      table->exp(&x[i], &alone, 1);
      if (fused(*table) && !same(alone, reference[i])) FAIL_CHECK(table->name << ' ' << x[i]);
      reference[i] = alone;
    }
    for (Index n = 0; n <= 41; ++n) {
      GuardedArray<T> values(n);
      std::copy_n(x.data(), n, values.data());
      table->exp(values.data(), values.data(), n);
      for (Index i = 0; i < n; ++i) {
        if (!same(values[i], reference[static_cast<std::size_t>(i)])) {
          FAIL_CHECK(table->name << ": " << i << " of " << n);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("exp2_rows splits off the exponent of the row", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(43);
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    double worst = 0.0;
    for (const double spread : {1.0, 20.0, 300.0}) {
      for (const double centre : {0.0, -77.3, 411.9, 1e4}) {
        std::normal_distribution<double> draw(centre, spread);
        Block<T> block(16, 37, 0, [&] { return draw(engine); });
        Block<T> input(16, 37);
        input.copy_from(block);
        std::vector<T> fraction;
        for (int r = 0; r < 16; ++r) fraction.push_back(static_cast<T>((r - 8) / 8.0));
        std::vector<std::int32_t> exponent(16, 5);
        table->exp2_rows(block.data(), block.ld(), 16, 37, fraction.data(), exponent.data());
        for (Index r = 0; r < 16; ++r) {
          const auto row = static_cast<std::size_t>(r);
          T maximum = -kInf<T>;
          for (Index j = 0; j < 37; ++j) maximum = std::max(maximum, input(r, j));
          const auto e = static_cast<std::int32_t>(std::ceil(maximum));
          if (exponent[row] != 5 + e) FAIL_CHECK("exponent " << exponent[row] << ", not " << 5 + e);
          for (Index j = 0; j < 37; ++j) {
            const long double t = static_cast<long double>(input(r, j)) - e + fraction[row];
            const long double exact = std::exp2(t);
            const bool tiny = exact < 2 * std::numeric_limits<T>::min();
            if (tiny && block(r, j) == 0) continue;
            if (tiny) CHECK(block(r, j) < 3 * std::numeric_limits<T>::min());
            if (!tiny) worst = std::max(worst, ulps(block(r, j), exact));
          }
        }
      }
    }
    CHECK(worst <= 2.25);
  }
}

TEMPLATE_TEST_CASE("exp2 of blocks has the bits of the plain kernels", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(44);
  std::normal_distribution<double> draw(3.0, 40.0);
  for (Index cols = 0; cols <= 90; cols += cols < 40 ? 1 : 7) {
    for (const Index rows : {0, 1, 5, 64, 70}) {
      const Block<T> input(rows, cols, 0, [&] { return draw(engine); });
      GuardedArray<T> fraction(rows);
      GuardedArray<double> offset(rows);
      for (Index r = 0; r < rows; ++r) {
        offset[r] = draw(engine) / (r % 2 == 0 ? 1 : 100);
        fraction[r] = static_cast<T>(offset[r]);
      }
      GuardedArray<std::int32_t> column_exponent(cols);
      for (Index j = 0; j < cols; ++j) {
        column_exponent[j] = j % 5 == 4 ? std::numeric_limits<std::int32_t>::min()
                                        : static_cast<std::int32_t>(draw(engine));
      }
      const auto run = [&](const Kernels<T>& table, int which, Block<T>& block,
                           std::vector<std::int32_t>& exponent) {
        block.copy_from(input);
        GuardedArray<T> sums(cols);
        if (which == 0) {
          table.exp2_rows(block.data(), block.ld(), rows, cols, fraction.data(), exponent.data());
        } else {
          table.exp2_columns(block.data(), block.ld(), rows, cols,
                             which == 1 ? nullptr : offset.data(),
                             which == 2 ? nullptr : column_exponent.data(),
                             which == 1 ? nullptr : sums.data(), {});
          GuardedArray<T> expected(cols);
          table.column_sums(block.data(), block.ld(), rows, cols, nullptr, expected.data());
          for (Index k = 0; which > 1 && k < cols; ++k) {
            if (!same(sums[k], expected[k])) FAIL_CHECK(table.name << ": sums");
          }
        }
      };
      for (int which = 0; which < 4; ++which) {
        Block<T> reference(rows, cols, 1);
        std::vector<std::int32_t> reference_exponent(static_cast<std::size_t>(rows), 7);
        run(scalar_kernels<T>(), which, reference, reference_exponent);
        for (const auto* table : vector_tables<T>()) {
          Block<T> block(rows, cols, 1);
          std::vector<std::int32_t> exponent(static_cast<std::size_t>(rows), 7);
          run(*table, which, block, exponent);
          if (exponent != reference_exponent) FAIL_CHECK(table->name << ": exponents");
          for (Index r = 0; r < rows; ++r) {
            for (Index j = 0; j < cols; ++j) {
              const bool close = std::abs(block(r, j) - reference(r, j)) <=
                                 4 * std::numeric_limits<T>::epsilon() * std::abs(reference(r, j));
              if (!(same(block(r, j), reference(r, j)) || (!fused(*table) && close))) {
                FAIL_CHECK(table->name << ": " << block(r, j) << " for " << reference(r, j));
              }
            }
          }
          if (!block.gaps_untouched()) FAIL_CHECK(table->name << " wrote between rows");
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("exp2_rows keeps what is not a number where it was", "[simd]", float, double) {
  using T = TestType;
  struct Case {
    std::vector<T> row;
    std::int32_t exponent;
    std::vector<T> expected;
  };
  const T far = T(0x1p21);
  const std::vector<Case> cases = {
      {{1, 2, kNan<T>}, 2, {T(0.5), 1, kNan<T>}},
      {{1, kInf<T>, -kInf<T>}, 0, {2, kInf<T>, 0}},
      {{kNan<T>, kNan<T>}, 0, {kNan<T>, kNan<T>}},
      {{-kInf<T>, -kInf<T>}, 0, {0, 0}},
      {{-kInf<T>, -1}, -1, {0, 1}},
      {{T(-2000000000000), 3}, 3, {0, 1}},
      {{far, far + 1, far - 1, -far}, (1 << 21) + 1, {T(0.5), 1, T(0.25), 0}},
      {{-far, -far - 1, -kInf<T>}, -(1 << 21), {1, T(0.5), 0}},
      {{T(0x1p31), 1}, 0, {kInf<T>, 2}},
      {{T(-0x1p31)}, 0, {0}},
      {{kInf<T>, kNan<T>}, 0, {kInf<T>, kNan<T>}},
  };
  for (const auto* table : available_kernels<T>()) {
    for (const Case& c : cases) {
      for (const Index repeat : {1, 9}) {  // short of a vector, and longer than one
        const auto width = static_cast<Index>(c.row.size());
        Block<T> block(1, width * repeat);
        for (Index j = 0; j < width * repeat; ++j) {
          block(0, j) = c.row[static_cast<std::size_t>(j % width)];
        }
        const T fraction = 0;
        std::int32_t exponent = 100;
        table->exp2_rows(block.data(), block.ld(), 1, width * repeat, &fraction, &exponent);
        INFO(table->name << ", first " << c.row[0]);
        CHECK(exponent == 100 + c.exponent);
        for (Index j = 0; j < width * repeat; ++j) {
          const T expected = c.expected[static_cast<std::size_t>(j % width)];
          CHECK((block(0, j) == expected || (expected != expected && block(0, j) != block(0, j))));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a power of two taken out of a row changes no bit", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(45);
  std::uniform_real_distribution<double> draw(-20.0, 20.0);
  for (const auto* table : available_kernels<T>()) {
    Block<T> a(1, 50);
    Block<T> b(1, 50);
    for (Index j = 0; j < 50; ++j) {
      // Multiples of 2^-16: adding 64 to them is exact.
      a(0, j) = static_cast<T>(std::ldexp(std::floor(std::ldexp(draw(engine), 16)), -16));
      b(0, j) = a(0, j) + 64;
    }
    const T fraction = T(0.3);
    std::int32_t ea = 0;
    std::int32_t eb = 0;
    table->exp2_rows(a.data(), a.ld(), 1, 50, &fraction, &ea);
    table->exp2_rows(b.data(), b.ld(), 1, 50, &fraction, &eb);
    CHECK(eb == ea + 64);
    for (Index j = 0; j < 50; ++j) CHECK(same(a(0, j), b(0, j)));
  }
}
