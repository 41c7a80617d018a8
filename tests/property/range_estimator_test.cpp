// SPDX-License-Identifier: Apache-2.0
#include "property/bounded.hpp"
#include "property/specs.hpp"

#include <bochner/core/matrix.hpp>
#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/output_error.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/variance.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;
using property::answers_or_refuses;
using property::at_all_places;

namespace {

using Extended = long double;

constexpr Index kDim = 3;
constexpr double kNothing = -INFINITY;

template <class T = double>
Matrix<T> rows_at(Index count, double offset, double scale, std::uint64_t item = 0) {
  return property::rows_at<T>(count, kDim, offset, scale, item);
}

std::vector<double> row_of(const Matrix<double>& x, Index i) { return {x.row(i), x.row(i) + kDim}; }

FeatureMapSpec spec_of(const Kernel& kernel, const Projection& projection,
                       const FeatureFunction& features, Index m = 7) {
  return {.input_dim = kDim,
          .num_frequencies = m,
          .kernel = kernel,
          .projection = projection,
          .features = features,
          .seed = {},
          .transform = {}};
}

/// Kernels that see data of this scale as of order one, and some that do not.
std::vector<Kernel> kernels_at(double scale) {
  return {GaussianKernel{Isotropic{scale}},           GaussianKernel{},
          MaternKernel{1.5, Isotropic{scale}},        LaplacianKernel{},
          SoftmaxKernel{1.0 / (scale * scale)},       SoftmaxKernel{},
          PolynomialKernel{3, 0.5, Isotropic{scale}}, ArcCosineKernel{1, 0.0, Isotropic{scale}}};
}

template <class F>
void for_all_maps(double scale, const F& f) {
  for (const Kernel& kernel : kernels_at(scale)) {
    for (const FeatureFunction& features : all_alternatives<FeatureFunction>()) {
      for (const Projection& projection : property::projections()) {
        if (incompatibility(kernel, projection, features)) continue;
        const FeatureMapSpec spec = spec_of(kernel, projection, features);
        CAPTURE(to_text(spec));
        f(spec);
      }
    }
  }
}

Extended log_sum(Extended a, Extended b) {
  if (a < b) std::swap(a, b);
  return b == kNothing ? a : a + std::log1p(std::exp(b - a));
}

/// What independent frequencies must have at a pair, per frequency.
struct Exact {
  Extended log_kernel = 0;
  Extended log_variance = 0;
};

template <class T>
Exact trigonometric_gaussian(const T* x, const T* y, double lengthscale) {
  Extended s = 0;
  for (Index k = 0; k < kDim; ++k) {
    const Extended difference =
        (static_cast<Extended>(x[k]) - static_cast<Extended>(y[k])) / lengthscale;
    s += difference * difference;
  }
  return {-s / 2, 2 * std::log(-std::expm1(-s)) - std::log(2.0L)};
}

template <class T>
Exact positive_softmax(const T* x, const T* y, double scale) {
  Extended z2 = 0;
  Extended dot = 0;
  for (Index k = 0; k < kDim; ++k) {
    const Extended sum = static_cast<Extended>(x[k]) + static_cast<Extended>(y[k]);
    z2 += scale * sum * sum;
    dot += scale * static_cast<Extended>(x[k]) * static_cast<Extended>(y[k]);
  }
  // log(e^z2 - 1)
  return {dot, 2 * dot + z2 + std::log(-std::expm1(-z2))};
}

/// A logarithm to 1e-12 of its size: the number itself where it is of order one.
void check_log(double computed, Extended expected) {
  if (expected == kNothing) {
    CHECK(computed == kNothing);
    return;
  }
  CHECK(std::abs(static_cast<Extended>(computed) - expected) <=
        1e-12L * std::max(1.0L, std::abs(expected)) + 1e-11L);
}

void check_numbers(std::initializer_list<double> numbers) {
  for (const double number : numbers) CHECK_FALSE(std::isnan(number));
}

}  // namespace

TEST_CASE("moments at a pair are right at every place and size", "[range]") {
  int answers = 0;
  at_all_places([&](double offset, double scale) {
    const Matrix<double> x = rows_at(2, offset, scale);
    const auto check = [&](const FeatureMapSpec& spec, const Exact& exact) {
      answers += answers_or_refuses([&] {
        const KernelMoments moments = kernel_moments(spec, row_of(x, 0), row_of(x, 1));
        check_log(moments.log_exact, exact.log_kernel);
        check_log(moments.log_variance, exact.log_variance - std::log(7.0L));
      });
    };
    for (const double lengthscale : {scale, 1.0}) {
      check(
          spec_of(GaussianKernel{Isotropic{lengthscale}}, IidProjection{}, TrigonometricFeatures{}),
          trigonometric_gaussian(x.row(0), x.row(1), lengthscale));
    }
    for (const double s : {1.0 / (scale * scale), 1.0}) {
      check(spec_of(SoftmaxKernel{s}, IidProjection{}, PositiveFeatures{}),
            positive_softmax(x.row(0), x.row(1), s));
    }
  });
  CHECK(answers >= 80);
}

TEST_CASE("no map has a moment that is no number, and none costs more far away", "[range]") {
  int answers = 0;
  at_all_places([&](double offset, double scale) {
    const Matrix<double> x = rows_at(2, offset, scale);
    const std::vector<double> query = row_of(x, 0);
    const std::vector<double> key = row_of(x, 1);
    for_all_maps(scale, [&](const FeatureMapSpec& spec) {
      answers += answers_or_refuses([&] {
        const KernelMoments m = kernel_moments(spec, query, key);
        check_numbers(
            {m.exact, m.mean, m.bias, m.variance, m.log_exact, m.log_variance, m.relative_error});
        CHECK(m.variance >= 0.0);
      });
      for (const int order : {1, 2, 3, 4}) {
        answers +=
            answers_or_refuses([&] { check_numbers({row_moment(spec, order, query, key)}); });
      }
      for (const ErrorUnit unit : {ErrorUnit::relative, ErrorUnit::absolute}) {
        for (const Basis basis :
             {Basis::asymptotic, Basis::chebyshev, Basis::bernstein, Basis::median_of_means}) {
          answers += answers_or_refuses([&] {
            const FrequencyPlan plan =
                frequencies_needed(spec, query, key, {.error = 0.1, .unit = unit}, basis);
            CHECK((plan.num_frequencies > 0 || !plan.warning.empty()));
            check_numbers({plan.log10_frequencies, plan.root_mean_square});
          });
        }
      }
    });
  });
  CHECK(answers >= 48000);
}

TEMPLATE_TEST_CASE("errors of Gram matrices are right at every place and size", "[range]", float,
                   double) {
  using T = TestType;
  int answers = 0;
  at_all_places([&](double offset, double scale) {
    const Matrix<T> x = rows_at<T>(5, offset, scale);
    const auto check = [&](const FeatureMapSpec& spec, const auto& exact_at) {
      answers += answers_or_refuses([&] {
        const PredictedGramError error = gram_error<T>(spec, x.view(), x.view());
        const PredictedGramError same = gram_error<T>(spec, x.view());
        Extended log_variance = kNothing;
        Extended log_norm = kNothing;
        for (Index i = 0; i < 5; ++i) {
          for (Index j = 0; j < 5; ++j) {
            const Exact exact = exact_at(x.row(i), x.row(j));
            log_variance = log_sum(log_variance, exact.log_variance - std::log(7.0L));
            log_norm = log_sum(log_norm, 2 * exact.log_kernel);
          }
        }
        for (const PredictedGramError& e : {error, same}) {
          check_log(e.log_squared_error, log_variance);
          check_log(e.log_squared_norm, log_norm);
          check_numbers({e.squared_error, e.squared_norm, e.relative_error});
        }
      });
    };
    for (const double lengthscale : {scale, 1.0}) {
      check(
          spec_of(GaussianKernel{Isotropic{lengthscale}}, IidProjection{}, TrigonometricFeatures{}),
          [&](const T* a, const T* b) { return trigonometric_gaussian(a, b, lengthscale); });
    }
    for (const double s : {1.0 / (scale * scale), 1.0}) {
      check(spec_of(SoftmaxKernel{s}, IidProjection{}, PositiveFeatures{}),
            [&](const T* a, const T* b) { return positive_softmax(a, b, s); });
    }
  });
  CHECK(answers >= 76);
}

TEST_CASE("no map has a matrix or an output whose error is no number", "[range]") {
  int answers = 0;
  at_all_places([&](double offset, double scale) {
    const Matrix<double> x = rows_at(4, offset, scale);
    const Matrix<double> values = rows_at(4, 0.0, 1.0, 1);
    for (const Kernel& kernel : {Kernel(GaussianKernel{Isotropic{scale}}), Kernel(SoftmaxKernel{}),
                                 Kernel(PolynomialKernel{3, 0.5, Isotropic{scale}})}) {
      for (const FeatureFunction& features : all_alternatives<FeatureFunction>()) {
        for (const Projection& projection :
             {Projection(OrthogonalProjection{}), Projection(OrthogonalProjection{Radii::constant}),
              Projection(SimplexProjection{}), Projection(RademacherProjection{})}) {
          if (incompatibility(kernel, projection, features)) continue;
          const FeatureMapSpec spec = spec_of(kernel, projection, features);
          CAPTURE(to_text(spec));
          answers += answers_or_refuses([&] {
            const ExpectedError expected = error_expected(spec, x.view(), x.view());
            check_numbers({expected.root_mean_square, expected.mean_square_sum});
          });
          answers += answers_or_refuses([&] {
            const FrequencyPlan plan = frequencies_needed(spec, x.view(), x.view(), {.error = 0.1});
            check_numbers({plan.log10_frequencies, plan.root_mean_square});
          });
          answers += answers_or_refuses([&] {
            const OutputError error = output_error(spec, x.view(), x.view(), values.view());
            check_numbers({error.relative_error, error.squared_error[0], error.squared_norm[0],
                           error.normaliser_variance[0]});
          });
        }
      }
    }
  });
  CHECK(answers >= 2200);
}
