// SPDX-License-Identifier: Apache-2.0
#include "client/attention/magnitudes.hpp"
#include "client/attention/exact_kernel.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;
using namespace bochner::attention_internals;

TEMPLATE_TEST_CASE("the magnitude of a row leaves out what is not finite", "[magnitudes]", float,
                   double) {
  using Limits = std::numeric_limits<TestType>;
  std::vector<TestType> row(37, TestType{0});
  const auto whole = [&] { return row_magnitude(row.data(), Index{1}, Index{37}); };
  CHECK(whole().largest_finite == TestType{0});
  CHECK(whole().finite);
  row[36] = -TestType{3};
  row[4] = TestType{2};
  CHECK(whole().largest_finite == TestType{3});
  CHECK(whole().finite);
  row[7] = Limits::denorm_min();
  row[8] = -Limits::max();
  CHECK(whole().largest_finite == Limits::max());
  CHECK(whole().finite);
  row[8] = 0;
  for (const TestType bad :
       {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN()}) {
    for (const std::size_t at : {0U, 15U, 36U}) {
      auto spoiled = row;
      spoiled[at] = bad;
      const auto magnitude = row_magnitude(spoiled.data(), Index{1}, Index{37});
      CHECK_FALSE(magnitude.finite);
      CHECK(magnitude.largest_finite == (at == 36 ? TestType{2} : TestType{3}));
    }
  }
  // Every third entry, from the last one backwards: 36, 33, ..., 0.
  row[1] = Limits::infinity();
  const auto strided = row_magnitude(row.data() + 36, Index{-3}, Index{13});
  CHECK(strided.finite);
  CHECK(strided.largest_finite == TestType{3});
  CHECK(row_magnitude(row.data(), Index{1}, Index{0}).finite);
}

TEMPLATE_TEST_CASE("lengths of rows neither overflow nor vanish", "[magnitudes]", float, double) {
  constexpr Index kDim = 5;
  using Limits = std::numeric_limits<TestType>;
  const ExactKernel kernel(Door("test"), SoftmaxKernel::for_dimension(kDim), kDim);
  const std::vector<double> origin(kDim, 0.0);
  const double scale = kernel.transform().diagonal.front();
  Matrix<TestType> rows(70, kDim);
  for (Index r = 0; r < 70; ++r) rows(r, r % kDim) = static_cast<TestType>(r - 30);
  rows(1, 0) = Limits::max() / 4;
  rows(2, 0) = Limits::min();
  rows(2, 1) = rows(2, 2) = 0;
  rows(3, 0) = Limits::infinity();
  rows(4, 0) = Limits::quiet_NaN();
  RowLengths<TestType> lengths(kernel, origin);
  for (const Index first : {Index{0}, Index{6}}) {
    const auto found = lengths(
        MatrixView<const TestType>(rows.data(), 70, kDim, rows.cols(), 1).middle_rows(first, 64));
    for (Index r = 0; r < 64; ++r) {
      long double squared = 0.0L;
      for (Index c = 0; c < kDim; ++c) {
        const auto x =
            static_cast<long double>(rows(first + r, c)) * static_cast<long double>(scale);
        squared += x * x;
      }
      const auto wanted = static_cast<double>(std::sqrt(squared));
      CAPTURE(first, r);
      if (first + r == 3 || first + r == 4) {
        CHECK(std::isnan(found[static_cast<std::size_t>(r)]));
      } else {
        CHECK(found[static_cast<std::size_t>(r)] == Approx(wanted).epsilon(1e-6).margin(0.0));
      }
    }
  }
}
