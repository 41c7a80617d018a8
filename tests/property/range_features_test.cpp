// SPDX-License-Identifier: Apache-2.0
#include "property/range.hpp"
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <variant>
#include <vector>

// Feature maps anywhere in the range of the numbers: phi 2^exponent is the formula of the same
// frequencies in long double, or a row is refused.

using namespace bochner;

namespace {

constexpr Index kDim = 3;
constexpr Index kFrequencies = 8;
constexpr Index kRows = 5;

using testing::Long;

/// w.(x - c), and the sum of the terms' sizes, which is what rounding is relative to.
struct Angle {
  Long value = 0.0L;
  Long size = 0.0L;
};

template <Scalar T>
Angle angle_of(const Matrix<double>& w, Index j, const Matrix<T>& x, Index i, double centre) {
  Angle out;
  for (Index k = 0; k < kDim; ++k) {
    const Long term = static_cast<Long>(w(j, k)) *
                      (static_cast<Long>(x(i, k)) - static_cast<Long>(static_cast<T>(centre)));
    out.value += term;
    out.size += std::abs(term);
  }
  return out;
}

FeatureMapSpec spec_of(const Kernel& kernel, const FeatureFunction& features) {
  return {.input_dim = kDim,
          .num_frequencies = kFrequencies,
          .kernel = kernel,
          .projection = IidProjection{},
          .features = features,
          .seed = {31},
          .transform = {}};
}

/// Errors of a projection: d products, their sums, and frequencies rounded to T.
template <Scalar T>
Long rounding(const Angle& angle) {
  return 4.0L * kDim * static_cast<Long>(std::numeric_limits<T>::epsilon()) * (angle.size + 1.0L);
}

template <Scalar T>
struct Answer {
  FeatureMap<T> map;
  Matrix<T> x;
  property::Features<T> features;
};

/// The features of rows at a place, where there are any.
template <Scalar T>
std::optional<Answer<T>> features_at(const FeatureMapSpec& spec, double offset, double scale) {
  const auto x = property::ranged_rows<T>(kRows, kDim, offset, scale);
  if (!x) return std::nullopt;
  return property::answer([&] {
    FeatureMap<T> map(spec);
    auto features = property::apply<T>(map, MatrixView<const T>(*x));
    return Answer<T>{std::move(map), *x, std::move(features)};
  });
}

}  // namespace

TEMPLATE_TEST_CASE("periodic features are those of the angle, at any size and place",
                   "[property][range]", float, double) {
  using T = TestType;
  int answers = 0;
  property::for_each_range([&](double offset, double scale) {
    for (const bool centred : {false, true}) {
      const double centre = centred ? offset * scale : 0.0;
      FeatureMapSpec spec = spec_of(GaussianKernel{Isotropic{scale}}, TrigonometricFeatures{});
      if (centred) {
        spec.transform.query.assign(kDim, centre);
        spec.transform.key = spec.transform.query;
      }
      const auto found = features_at<T>(spec, offset, scale);
      if (!found) continue;
      ++answers;
      const Matrix<double> w = found->map.frequencies();
      for (Index i = 0; i < kRows; ++i) {
        for (Index j = 0; j < kFrequencies; ++j) {
          const Angle p = angle_of<T>(w, j, found->x, i, centre);
          const Long factor = std::ldexp(std::sqrt(static_cast<Long>(kFrequencies)),
                                         found->features.exponent[static_cast<std::size_t>(i)]);
          INFO("offset " << offset << ", scale " << scale << ", centred " << centred);
          const Long cosine = factor * static_cast<Long>(found->features.phi(i, j));
          const Long sine = factor * static_cast<Long>(found->features.phi(i, kFrequencies + j));
          CHECK(std::abs(cosine - std::cos(p.value)) <= rounding<T>(p));
          CHECK(std::abs(sine - std::sin(p.value)) <= rounding<T>(p));
          CHECK(std::abs(cosine * cosine + sine * sine - 1.0L) <=
                16.0L * static_cast<Long>(std::numeric_limits<T>::epsilon()));
        }
      }
    }
  });
  CHECK(answers >= (std::is_same_v<T, float> ? 32 : 40));
}

TEMPLATE_TEST_CASE("rectified features are powers of the projection, at any size and place",
                   "[property][range]", float, double) {
  using T = TestType;
  for (const int order : {0, 1, 2}) {
    int answers = 0;
    property::for_each_range([&](double offset, double scale) {
      const auto found = features_at<T>(
          spec_of(ArcCosineKernel{order, 0.0, {}}, RectifiedFeatures{}), offset, scale);
      if (!found) return;
      ++answers;
      const Matrix<double> w = found->map.frequencies();
      for (Index i = 0; i < kRows; ++i) {
        for (Index j = 0; j < kFrequencies; ++j) {
          const Angle p = angle_of<T>(w, j, found->x, i, 0.0);
          const Long slack =
              4.0L * kDim * static_cast<Long>(std::numeric_limits<T>::epsilon()) * p.size;
          if (order == 0 && std::abs(p.value) <= slack) continue;  // a step within rounding
          const Long factor = std::sqrt(2.0L / static_cast<Long>(kFrequencies));
          const Long exact = p.value > 0.0L ? factor * std::pow(p.value, order) : 0.0L;
          const Long value = std::ldexp(static_cast<Long>(found->features.phi(i, j)),
                                        found->features.exponent[static_cast<std::size_t>(i)]);
          INFO("order " << order << ", offset " << offset << ", scale " << scale);
          CHECK(std::abs(value - exact) <=
                factor * (std::pow(p.size + slack, order) - std::pow(p.size, order)) * 4.0L +
                    32.0L * static_cast<Long>(std::numeric_limits<T>::epsilon()) * exact);
        }
      }
    });
    CHECK(answers >= (std::is_same_v<T, float> ? 15 : 20));
  }
}

TEMPLATE_TEST_CASE("exponential features have the formula's logarithm, or their row is refused",
                   "[property][range]", float, double) {
  using T = TestType;
  for (const double a : {0.0, -0.1}) {
    const FeatureFunction features =
        a == 0.0 ? FeatureFunction(PositiveFeatures{}) : FeatureFunction(OprfFeatures{a});
    int answers = 0;
    property::for_each_range([&](double offset, double scale) {
      const auto found =
          features_at<T>(spec_of(GaussianKernel{Isotropic{scale}}, features), offset, scale);
      if (!found) return;
      ++answers;
      const Matrix<double> w = found->map.frequencies();
      for (Index i = 0; i < kRows; ++i) {
        Long square = 0.0L;
        for (Index k = 0; k < kDim; ++k) {
          const Long u = static_cast<Long>(found->x(i, k)) / static_cast<Long>(scale);
          square += u * u;
        }
        std::vector<Long> exact(kFrequencies);
        std::vector<Long> slack(kFrequencies);
        for (Index j = 0; j < kFrequencies; ++j) {
          const auto at = static_cast<std::size_t>(j);
          const Angle p = angle_of<T>(w, j, found->x, i, 0.0);
          Long norm = 0.0L;
          for (Index k = 0; k < kDim; ++k) {
            const Long own = static_cast<Long>(w(j, k)) * static_cast<Long>(scale);
            norm += own * own;
          }
          exact[at] = static_cast<Long>(a) * norm +
                      std::sqrt(1.0L - 4.0L * static_cast<Long>(a)) * p.value - square +
                      0.25L * kDim * std::log1p(-4.0L * static_cast<Long>(a)) -
                      0.5L * std::log(static_cast<Long>(kFrequencies));
          // The square is a sum of squares of T, in double.
          slack[at] = 8.0L * rounding<T>(p) + norm * 4e-7L * (a == 0.0 ? 0.0L : 1.0L) +
                      8.0L * static_cast<Long>(std::numeric_limits<T>::epsilon()) * square;
        }
        const Long largest = *std::max_element(exact.begin(), exact.end());
        for (Index j = 0; j < kFrequencies; ++j) {
          const auto at = static_cast<std::size_t>(j);
          const auto phi = static_cast<Long>(found->features.phi(i, j));
          INFO("a " << a << ", offset " << offset << ", scale " << scale);
          REQUIRE(std::isfinite(phi));
          if (phi <= 0.0L) {
            CHECK(phi == 0.0L);
            CHECK(exact[at] + slack[at] < largest - 80.0L);
            continue;
          }
          if (exact[at] < largest - 80.0L) continue;  // no normal float beside the largest
          const Long logarithm =
              std::log(phi) +
              std::log(2.0L) * found->features.exponent[static_cast<std::size_t>(i)];
          CHECK(std::abs(logarithm - exact[at]) <= slack[at] + 1e-12L);
        }
      }
    });
    CHECK(answers >= 8);  // offsets 0 and 1e3; beyond, exponents leave 31 bits
  }
}

TEST_CASE("products of projections scale as powers do, bit for bit", "[property][range]") {
  // A sketch of (x.y)^p is homogeneous: 2^k x has the features of x and k p more in the exponent.
  const Matrix<double> x = *property::ranged_rows<double>(kRows, kDim, 1e3, 1.0);
  for (const int degree : {1, 2, 5}) {
    FeatureMapSpec spec = spec_of(PolynomialKernel{degree, 0.0, {}}, TensorSketchFeatures{});
    spec.projection = CountSketchProjection{};
    const FeatureMap<double> map(spec);
    const auto base = property::apply<double>(map, x.view());
    for (const int k : {-100, -33, 7, 100}) {
      Matrix<double> scaled = x;
      for (Index i = 0; i < scaled.size(); ++i) scaled.data()[i] = std::ldexp(x.data()[i], k);
      const auto found = property::apply<double>(map, scaled.view());
      for (Index i = 0; i < kRows; ++i) {
        const auto at = static_cast<std::size_t>(i);
        for (Index j = 0; j < map.num_features(); ++j) {
          CHECK(std::ldexp(found.phi(i, j), found.exponent[at] - base.exponent[at] - degree * k) ==
                base.phi(i, j));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("no map gives NaN or infinity for finite rows", "[property][range]", float,
                   double) {
  using T = TestType;
  for (const FeatureMapSpec& spec : property::specs(kDim, kFrequencies)) {
    property::for_each_range([&](double offset, double scale) {
      const auto found = features_at<T>(spec, offset, scale);
      if (!found) return;
      for (Index i = 0; i < found->features.phi.size(); ++i) {
        INFO(to_text(spec) << ", offset " << offset << ", scale " << scale);
        REQUIRE(std::isfinite(found->features.phi.data()[i]));
      }
      Matrix<T> ones(kRows, found->map.num_features());
      std::fill_n(ones.data(), ones.size(), T{1});
      Matrix<T> dx(kRows, kDim);
      property::answer([&] {
        found->map.pullback(Side::query, MatrixView<const T>(found->x), MatrixView<const T>(ones),
                            dx.view());
        return 0;
      });
      for (Index i = 0; i < dx.size(); ++i) {
        INFO(to_text(spec) << ", offset " << offset << ", scale " << scale);
        // A refusal may leave the rows before it.
        const bool refused = !std::isfinite(dx.data()[i]);
        if (refused) {
          CHECK_THROWS_AS(found->map.pullback(Side::query, MatrixView<const T>(found->x),
                                              MatrixView<const T>(ones), dx.view()),
                          InvalidArgument);
        }
      }
    });
  }
}
