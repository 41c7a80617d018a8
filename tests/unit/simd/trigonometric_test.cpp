// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"
#include "guarded.hpp"

#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace bochner::simd;
using namespace bochner::simd::test;
using bochner::Index;
using bochner::test::GuardedArray;

namespace {

template <class T>
constexpr double kUlpBound = sizeof(T) == 4 ? 2.0 : 4.0;
/// Near a zero this absolute error is allowed instead.
template <class T>
constexpr double kNearZero = sizeof(T) == 4 ? 1e-7 : 2e-16;

template <class T>
bool accurate(T value, long double exact) {
  if (ulps(value, exact) <= kUlpBound<T>) return true;
  return std::abs(exact) < 0.1L && std::abs(static_cast<long double>(value) - exact) <=
                                       static_cast<long double>(kNearZero<T>);
}

template <class T>
void check_accuracy(const Kernels<T>& table, const std::vector<T>& x) {
  std::vector<T> cosine(x.size());
  std::vector<T> sine(x.size());
  table.sincos(x.data(), cosine.data(), sine.data(), static_cast<Index>(x.size()));
  int wrong = 0;
  for (std::size_t i = 0; i < x.size() && wrong < 10; ++i) {
    const auto angle = static_cast<long double>(x[i]);
    if (!accurate(cosine[i], std::cos(angle)) || !accurate(sine[i], std::sin(angle))) {
      ++wrong;
      FAIL_CHECK(table.name << ": x = " << x[i] << ", cos " << ulps(cosine[i], std::cos(angle))
                            << " ulp, sin " << ulps(sine[i], std::sin(angle)) << " ulp");
    }
  }
}

/// Angles of every magnitude below 2^top.
template <class T>
std::vector<T> angles(int top, int count) {
  std::mt19937_64 engine(51);
  std::uniform_real_distribution<double> mantissa(-1.0, 1.0);
  std::uniform_int_distribution<int> exponent(-40, top);
  std::vector<T> x;
  for (int i = 0; i < count; ++i) {
    x.push_back(static_cast<T>(std::ldexp(mantissa(engine), exponent(engine))));
  }
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("sine and cosine are accurate up to a million", "[simd]", float, double) {
  using T = TestType;
  std::mt19937_64 engine(52);
  std::uniform_real_distribution<double> wide(-1e6, 1e6);
  std::vector<T> x = angles<T>(20, 200000);
  for (int i = 0; i < 200000; ++i) x.push_back(static_cast<T>(wide(engine)));
  for (const auto* table : available_kernels<T>()) check_accuracy(*table, x);
}

TEMPLATE_TEST_CASE("sine and cosine are accurate next to the multiples of pi/2", "[simd]", float,
                   double) {
  using T = TestType;
  std::vector<T> x;
  for (int k = 1; k < 640000; k += k < 2000 ? 1 : 97) {
    const auto nearest = static_cast<T>(k * (std::numbers::pi / 2));
    x.push_back(nearest);
    x.push_back(std::nextafter(nearest, T{0}));
    x.push_back(-std::nextafter(nearest, std::numeric_limits<T>::infinity()));
    x.push_back(static_cast<T>((k - 0.5) * (std::numbers::pi / 2)));  // where quadrants meet
  }
  for (const auto* table : available_kernels<T>()) check_accuracy(*table, x);
}

TEMPLATE_TEST_CASE("sine and cosine of large angles are reduced", "[simd]", float, double) {
  using T = TestType;
  // long double's own sine is right below 2^63; reduce_large is tested beyond.
  std::vector<T> x = angles<T>(62, 100000);
  for (const auto* table : available_kernels<T>()) check_accuracy(*table, x);
}

TEMPLATE_TEST_CASE("sine and cosine of zero, infinities and NaN", "[simd]", float, double) {
  using T = TestType;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  constexpr T kTiny = std::numeric_limits<T>::denorm_min();
  for (const auto* table : available_kernels<T>()) {
    INFO(table->name);
    const std::vector<T> x = {0, T(-0.0), kInf, -kInf, kNan, kTiny, std::numeric_limits<T>::max()};
    std::vector<T> cosine(x.size());
    std::vector<T> sine(x.size());
    table->sincos(x.data(), cosine.data(), sine.data(), static_cast<Index>(x.size()));
    CHECK(sine[0] == 0);
    CHECK(cosine[0] == 1);
    CHECK(cosine[1] == 1);
    for (std::size_t i = 2; i < 5; ++i) {
      CHECK(std::isnan(sine[i]));
      CHECK(std::isnan(cosine[i]));
    }
    CHECK(sine[5] == kTiny);
    CHECK(cosine[5] == 1);
    CHECK(std::abs(static_cast<double>(sine[6] * sine[6] + cosine[6] * cosine[6]) - 1.0) < 1e-6);
  }
}

TEMPLATE_TEST_CASE("sincos and cos have the same bits in every place", "[simd]", float, double) {
  using T = TestType;
  std::vector<T> x = angles<T>(30, 41);  // some need the long reduction
  x[7] = std::numeric_limits<T>::infinity();
  const T scale = T(0.75);
  for (const auto* table : available_kernels<T>()) {
    std::vector<T> cosine(41);
    std::vector<T> sine(41);
    for (std::size_t i = 0; i < 41; ++i) {
      table->sincos(&x[i], &cosine[i], &sine[i], 1);
      T plain_cosine = 0;
      T plain_sine = 0;
      scalar_kernels<T>().sincos(&x[i], &plain_cosine, &plain_sine, 1);
      if (fused(*table) && (!same(cosine[i], plain_cosine) || !same(sine[i], plain_sine))) {
        FAIL_CHECK(table->name << " differs from scalar at " << x[i]);
      }
    }
    for (Index n = 0; n <= 41; ++n) {
      GuardedArray<T> input(n);
      GuardedArray<T> c(n);
      GuardedArray<T> s(n);
      std::copy_n(x.data(), n, input.data());
      table->sincos(input.data(), c.data(), s.data(), n);
      Block<T> pairs(3, 2 * n, 1);
      Block<T> single(3, n, 1);
      GuardedArray<T> scales(3);
      for (Index r = 0; r < 3; ++r) {
        scales[r] = scale;
        for (Index j = 0; j < n; ++j) pairs(r, j) = single(r, j) = x[static_cast<std::size_t>(j)];
      }
      table->sincos_rows(pairs.data(), pairs.ld(), 3, n, scales.data());
      table->cos_rows(single.data(), single.ld(), 3, n, scales.data());
      for (Index i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        bool good = same(c[i], cosine[at]) && same(s[i], sine[at]);
        for (Index r = 0; r < 3; ++r) {
          good = good && same(pairs(r, i), scale * cosine[at]) &&
                 same(pairs(r, n + i), scale * sine[at]) && same(single(r, i), scale * cosine[at]);
        }
        if (!good) FAIL_CHECK(table->name << ": " << i << " of " << n);
      }
      CHECK((pairs.gaps_untouched() && single.gaps_untouched()));
    }
  }
}
