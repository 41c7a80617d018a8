// SPDX-License-Identifier: Apache-2.0
#include "estimator/mixture.hpp"

#include "estimator/kummer.hpp"
#include "estimator/row_law.hpp"
#include "kernel/standard_form.hpp"

#include <bochner/core/error.hpp>
#include <bochner/estimator/check.hpp>
#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/variance.hpp>

#include <boost/math/quadrature/gauss.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

namespace {

/// E over u_1, u_2 and the share cos^2 of the squared norm, of the covariance given them: two
/// orthogonal rows with scales are two without, in the squared length u_1 cos^2 + u_2 sin^2.
double by_three_integrals(const ScaleLaw& law, double dim, double s) {
  using Rule = boost::math::quadrature::gauss<double, 40>;
  const auto scales = scale_nodes(law);
  double total = 0.0;
  double sum = 0.0;
  double mean = 0.0;
  for (const auto& [u, w] : scales) mean += w * std::exp(-0.5 * u * s);
  const auto add = [&](double node, double weight) {
    const double angle = 0.25 * M_PI * (1.0 + node);
    const double mass = weight * std::pow(std::sin(2.0 * angle), dim - 1.0);
    const double share = std::cos(angle) * std::cos(angle);
    total += mass;
    for (const auto& [u, w] : scales) {
      for (const auto& [v, x] : scales) {
        if (w * x < 1e-18) continue;
        const double t = 0.5 * s * (share * u + (1.0 - share) * v);
        sum += mass * w * x * (orthogonal_cosine_covariance(dim, t) + std::exp(-2.0 * t));
      }
    }
  };
  for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
    add(Rule::abscissa()[i], Rule::weights()[i]);
    add(-Rule::abscissa()[i], Rule::weights()[i]);
  }
  return sum / total - mean * mean;
}

}  // namespace

TEST_CASE("nodes of the scale give the kernel", "[mixture]") {
  for (const Kernel& kernel : {Kernel(MaternKernel{.nu = 0.5}), Kernel(MaternKernel{.nu = 2.5}),
                               Kernel(MaternKernel{.nu = 30.0}), Kernel(CauchyKernel{}),
                               Kernel(RationalQuadraticKernel{.alpha = 0.3}),
                               Kernel(RationalQuadraticKernel{.alpha = 4.0})}) {
    const auto scales = scale_nodes(spectral_measure(kernel).scale());
    REQUIRE_FALSE(scales.empty());
    for (const double s : {1e-3, 0.5, 3.0, 40.0}) {
      double value = 0.0;
      for (const auto& [u, weight] : scales) value += weight * std::exp(-0.5 * u * s);
      CAPTURE(to_text(kernel), s);
      CHECK(value == Approx(row_law(kernel, TrigonometricFeatures{}).profile(s)).epsilon(2e-13));
    }
  }
}

TEST_CASE("a mixture of one scale is the normal law", "[mixture]") {
  const std::vector<ScaleNode> one = scale_nodes(ConstantScale{1.0});
  for (const double dim : {2.0, 3.0, 4.0, 16.0, 64.0, 200.0}) {
    for (const double s : {1e-6, 1e-2, 1.0, 4.0, 20.0}) {
      const double variance = 0.5 * std::pow(std::expm1(-s), 2);
      CAPTURE(dim, s);
      CHECK(mixture_variance(one, s) == Approx(variance).epsilon(1e-13));
      CHECK(std::abs(mixture_covariance(one, dim, s) - orthogonal_cosine_covariance(dim, 0.5 * s)) <
            1e-13 * variance);
    }
  }
}

TEST_CASE("the covariance of orthogonal mixtures is three integrals", "[mixture]") {
  for (const ScaleLaw& law : {ScaleLaw(GammaScale{.shape = 2.0, .factor = 0.5}),
                              ScaleLaw(InverseGammaScale{.shape = 2.5, .factor = 2.5})}) {
    for (const double dim : {2.0, 5.0}) {
      for (const double s : {0.3, 2.0}) {
        const auto scales = scale_nodes(law);
        const double expected = by_three_integrals(law, dim, s);
        CAPTURE(dim, s, expected);
        // A million terms of order one: the sum has rounding errors of its own.
        CHECK(std::abs(mixture_covariance(scales, dim, s) - expected) < 2e-12);
      }
    }
  }
}

TEST_CASE("the variance of a smooth mixture keeps its digits at small distances", "[mixture]") {
  // Gamma(alpha) / alpha scales: E u = 1, E u^2 = 1 + 1 / alpha. To order s^2,
  // Var = s^2 (E u^2 / 2 + Var u / 4).
  constexpr double kAlpha = 4.0;
  const auto scales = scale_nodes(GammaScale{.shape = kAlpha, .factor = 1.0 / kAlpha});
  const double leading = 0.5 * (1.0 + 1.0 / kAlpha) + 0.25 / kAlpha;
  for (const double s : {1e-12, 1e-10, 1e-8}) {
    CHECK(mixture_variance(scales, s) / (s * s) == Approx(leading).epsilon(1e-6));
  }
  CHECK(mixture_variance(scales, 1e-30) / 1e-60 == Approx(leading).epsilon(1e-13));
}

TEST_CASE("orthogonal Matern and rational quadratic rows vary as predicted", "[mixture]") {
  const std::vector<double> x = {0.3, -0.2, 0.5, 0.1};
  const std::vector<double> y = {-0.2, 0.4, 0.1, 0.3};
  for (const Kernel& kernel :
       {Kernel(MaternKernel{.nu = 2.5}), Kernel(RationalQuadraticKernel{.alpha = 1.5})}) {
    for (const Projection& projection :
         {Projection(OrthogonalProjection{}), Projection(AntitheticProjection{})}) {
      if (incompatibility(kernel, projection, TrigonometricFeatures{})) continue;
      FeatureMapSpec spec{.input_dim = 4,
                          .num_frequencies = 10,
                          .kernel = kernel,
                          .projection = projection,
                          .features = TrigonometricFeatures{},
                          .seed = {},
                          .transform = {}};
      const CheckResult result = check_variance(spec, x, y, {.replicates = 10000, .seed = {3}});
      CAPTURE(to_text(spec), result.sentence);
      CHECK(result.passed());
      if (std::holds_alternative<AntitheticProjection>(projection)) continue;
      // Independent rows have more.
      spec.projection = IidProjection{};
      CHECK(result.measured < 0.9 * kernel_moments(spec, x, y).variance);
    }
  }
}

TEST_CASE("what has no closed form is refused by name", "[mixture]") {
  using Catch::Matchers::Contains;
  CHECK_FALSE(closed_form_gap(ExponentiatedPowerKernel{}, IidProjection{}));
  CHECK_FALSE(closed_form_gap(MaternKernel{}, OrthogonalProjection{}));
  const auto gap = [](const Kernel& kernel, const Projection& projection) {
    return closed_form_gap(kernel, projection).value_or("none");
  };
  CHECK_THAT(gap(ExponentiatedPowerKernel{}, OrthogonalProjection{}),
             Contains("orthogonal(radii=sampled)") && Contains("no elementary density") &&
                 Contains("independent frequencies have one"));
  for (const Kernel& kernel : {Kernel(MaternKernel{}), Kernel(RationalQuadraticKernel{})}) {
    CHECK_THAT(gap(kernel, SimplexProjection{}), Contains("simplex frequencies of") &&
                                                     Contains("at a right angle only") &&
                                                     Contains("orthogonal frequencies have one"));
    // The refusal is the one that callers meet.
    const FeatureMapSpec spec{.input_dim = 3,
                              .num_frequencies = 6,
                              .kernel = kernel,
                              .projection = SimplexProjection{},
                              .features = TrigonometricFeatures{}};
    const std::vector<double> x = {0.1, 0.2, 0.3};
    CHECK_THROWS_WITH(kernel_moments(spec, x, x), Contains("at a right angle only"));
    const MatrixView<const double> row(x.data(), 1, 3);
    const std::string refusal =
        "gram_error_curve: " + *closed_form_gap(spec.kernel, spec.projection);
    CHECK_THROWS_WITH(gram_error_curve(spec, row), refusal);
    CHECK_THROWS_WITH(gram_error(spec, row, row), refusal);
  }
}
