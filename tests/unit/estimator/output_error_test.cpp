// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/output_error.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"
#include "support/statistics.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

using namespace bochner;

namespace {

Matrix<double> normals(Index rows, Index cols, double size, std::uint64_t item) {
  Matrix<double> x(rows, cols);
  Stream({5}, Purpose::study, item).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] *= size;
  return x;
}

/// Outputs from weights given up to a factor a row.
Matrix<double> outputs(const Matrix<double>& weights, const Matrix<double>& v) {
  Matrix<double> out(weights.rows(), v.cols());
  for (Index i = 0; i < weights.rows(); ++i) {
    double total = 0.0;
    for (Index j = 0; j < v.rows(); ++j) {
      total += weights(i, j);
      for (Index c = 0; c < v.cols(); ++c) out(i, c) += weights(i, j) * v(j, c);
    }
    for (Index c = 0; c < v.cols(); ++c) out(i, c) /= total;
  }
  return out;
}

Matrix<double> estimated_weights(const FeatureMapSpec& spec, const Matrix<double>& q,
                                 const Matrix<double>& k) {
  const FeatureMap<double> map(spec);
  Matrix<double> phi(q.rows(), map.num_features());
  Matrix<double> psi(k.rows(), map.num_features());
  std::vector<std::int32_t> a(static_cast<std::size_t>(q.rows()));
  std::vector<std::int32_t> b(static_cast<std::size_t>(k.rows()));
  map.apply(Side::query, q.view(), {phi.view(), a}, Execution{1});
  map.apply(Side::key, k.view(), {psi.view(), b}, Execution{1});
  Matrix<double> weights(q.rows(), k.rows());
  for (Index i = 0; i < q.rows(); ++i) {
    for (Index j = 0; j < k.rows(); ++j) {
      double sum = 0.0;
      for (Index f = 0; f < phi.cols(); ++f) sum += phi(i, f) * psi(j, f);
      weights(i, j) = std::ldexp(sum, b[static_cast<std::size_t>(j)]);
    }
  }
  return weights;
}

/// Eight queries, twenty keys, and the exact output.
struct Problem {
  // The mean of |q + k|^2 is 0.27: a sample can tell its own standard error.
  Matrix<double> q = normals(8, 6, 0.15, 1);
  Matrix<double> k = normals(20, 6, 0.15, 2);
  Matrix<double> v = normals(20, 3, 1.0, 3);
  Matrix<double> truth;

  Problem() : truth(outputs(exact_weights(), v)) {}

  Matrix<double> exact_weights() const {
    Matrix<double> weights(q.rows(), k.rows());
    for (Index i = 0; i < q.rows(); ++i) {
      for (Index j = 0; j < k.rows(); ++j) {
        double sum = 0.0;
        for (Index c = 0; c < q.cols(); ++c) sum += q(i, c) * k(j, c);
        weights(i, j) = std::exp(sum);
      }
    }
    return weights;
  }

  /// Predicted sum of squared errors over all queries.
  double predicted(const FeatureMapSpec& spec) const {
    const OutputError error = output_error(spec, q.view(), k.view(), v.view());
    CHECK(error.warning.empty());
    return std::accumulate(error.squared_error.begin(), error.squared_error.end(), 0.0);
  }

  /// The same of redraws.
  testing::SampleMean measured(FeatureMapSpec spec, int redraws) const {
    std::vector<double> errors;
    for (int r = 0; r < redraws; ++r) {
      spec.seed = {static_cast<std::uint64_t>(r)};
      const Matrix<double> out = outputs(estimated_weights(spec, q, k), v);
      double error = 0.0;
      for (Index i = 0; i < out.size(); ++i) {
        error += std::pow(out.data()[i] - truth.data()[i], 2);
      }
      errors.push_back(error);
    }
    return testing::mean_with_error(errors);
  }

  static FeatureMapSpec spec(const Projection& projection, const FeatureFunction& features) {
    return {.input_dim = 6,
            .num_frequencies = 124,  // the last block of six is truncated
            .kernel = SoftmaxKernel{},
            .projection = projection,
            .features = features};
  }
};

/// Whether redraws have the predicted mean: first order, so that a per cent is left to the second.
bool agree(const testing::SampleMean& measured, double predicted) {
  return std::abs(measured.mean - predicted) <= 5.0 * measured.standard_error + 0.01 * predicted;
}

}  // namespace

TEST_CASE("the error of attention's output is what redraws show", "[output_error]") {
  const Problem problem;
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
        FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(OprfFeatures{-0.15}), FeatureFunction(HyperbolicOprfFeatures{-0.1})}) {
    const FeatureMapSpec spec = Problem::spec(IidProjection{}, features);
    const double predicted = problem.predicted(spec);
    const testing::SampleMean measured = problem.measured(spec, 600);
    CAPTURE(to_text(features), measured.mean, measured.standard_error, predicted);
    CHECK(agree(measured, predicted));
    // It is a test: a prediction without the division by the denominators would be seen.
    CHECK_FALSE(agree(measured, 1.5 * predicted));
  }
}

TEST_CASE("coupled frequencies: the error of the output is what redraws show", "[output_error]") {
  const Problem problem;
  int told_apart = 0;
  for (const Projection& projection :
       {Projection(OrthogonalProjection{}), Projection(OrthogonalProjection{Radii::constant}),
        Projection(SimplexProjection{}), Projection(AntitheticProjection{})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
          FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
          FeatureFunction(HyperbolicOprfFeatures{-0.1})}) {
      const FeatureMapSpec spec = Problem::spec(projection, features);
      const double predicted = problem.predicted(spec);
      const testing::SampleMean measured = problem.measured(spec, 700);
      CAPTURE(to_text(projection), to_text(features), measured.mean, measured.standard_error,
              predicted);
      CHECK(agree(measured, predicted));
      // Wrong twins: coupling forgotten, and with constant radii their bias.
      const double independent = problem.predicted(Problem::spec(IidProjection{}, features));
      if (std::abs(independent / predicted - 1.0) > 0.3) {
        CHECK_FALSE(agree(measured, independent));
        ++told_apart;
      }
      if (projection == Projection(OrthogonalProjection{Radii::constant}) &&
          features.index() != FeatureFunction(CosineFeatures{}).index()) {
        const double unbiased = problem.predicted(Problem::spec(OrthogonalProjection{}, features));
        CHECK_FALSE(agree(measured, unbiased));
      }
    }
  }
  CHECK(told_apart >= 10);
}

TEST_CASE("output errors: threads, warnings and refusals", "[output_error]") {
  const Matrix<double> q = normals(8, 6, 0.25, 1);
  const Matrix<double> k = normals(20, 6, 0.25, 2);
  Matrix<double> v = normals(20, 3, 1.0, 3);
  FeatureMapSpec spec{.input_dim = 6,
                      .num_frequencies = 12,
                      .kernel = SoftmaxKernel{},
                      .projection = IidProjection{},
                      .features = PositiveFeatures{}};
  const OutputError one = output_error(spec, q.view(), k.view(), v.view(), Execution{1});
  const OutputError three = output_error(spec, q.view(), k.view(), v.view(), Execution{3});
  CHECK(one.squared_error == three.squared_error);
  CHECK(one.relative_error == three.relative_error);
  CHECK_THAT(one.warning, Catch::Contains("denominators"));
  CHECK_THROWS_WITH(output_error(spec, q.view(), v.view(), v.view()),
                    Catch::Contains("keys is 20 x 3"));
  CHECK_THROWS_AS(output_error(spec, q.view(), k.view(), q.view()), InvalidArgument);
  v(3, 1) = NAN;
  CHECK_THROWS_WITH(output_error(spec, q.view(), k.view(), v.view()),
                    Catch::Contains("values: row 3, column 1 is nan"));
  v(3, 1) = 0.0;
  spec.projection = SobolProjection{};
  CHECK_THROWS_WITH(output_error(spec, q.view(), k.view(), v.view()),
                    Catch::StartsWith("output_error: ") &&
                        Catch::Contains("quasi-random frequencies has no closed form"));
  spec.projection = OrthogonalProjection{};
  spec.kernel = MaternKernel{};
  spec.features = TrigonometricFeatures{};
  CHECK_THROWS_WITH(output_error(spec, q.view(), k.view(), v.view()),
                    Catch::Contains("normal frequencies, got matern"));
}
