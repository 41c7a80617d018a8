// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/recommend.hpp"

#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/output_error.hpp"
#include "bochner/estimator/plan.hpp"
#include "core/text.hpp"
#include "estimator/candidates.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/ranking.hpp"
#include "estimator/row_sample.hpp"
#include "features/stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace bochner {

using namespace estimator;

namespace {

constexpr Index kSampledQueries = 64;
constexpr Index kSampledKeys = 1024;

/// Features with their exponents multiplied in, scaled by one common power of two, which the ratio
/// of attention does not see.
Matrix<double> scaled_features(const FeatureMap<double>& map, Side side, const Matrix<double>& x,
                               const Execution& execution) {
  Matrix<double> phi(x.rows(), map.num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows()));
  map.apply(side, x.view(), {phi.view(), exponent}, execution);
  const std::int32_t largest = *std::max_element(exponent.begin(), exponent.end());
  for (Index i = 0; i < phi.rows(); ++i) {
    // A query's own factor cancels in its output; a key's does not.
    const int shift = side == Side::query ? 0 : exponent[static_cast<std::size_t>(i)] - largest;
    for (Index j = 0; j < phi.cols(); ++j) phi(i, j) = std::ldexp(phi(i, j), shift);
  }
  return phi;
}

/// Rows of weights times values over the sum of weights.
Matrix<double> weighted_means(const Matrix<double>& weights, const Matrix<double>& values) {
  Matrix<double> out(weights.rows(), values.cols());
  for (Index i = 0; i < weights.rows(); ++i) {
    double total = 0.0;
    for (Index j = 0; j < weights.cols(); ++j) {
      total += weights(i, j);
      for (Index c = 0; c < values.cols(); ++c) out(i, c) += weights(i, j) * values(j, c);
    }
    for (Index c = 0; c < values.cols(); ++c) out(i, c) /= total;
  }
  return out;
}

double squared_sum(const Matrix<double>& a) {
  double sum = 0.0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * a.data()[i];
  return sum;
}

Matrix<double> exact_outputs(const Door& door, const Kernel& kernel, const Matrix<double>& queries,
                             const Matrix<double>& keys, const Matrix<double>& values) {
  FeatureMapSpec spec{.input_dim = queries.cols(),
                      .num_frequencies = 1,
                      .kernel = kernel,
                      .projection = IidProjection{},
                      .features = TrigonometricFeatures{},
                      .seed = {},
                      .transform = {}};
  const PairGeometry geometry(door, spec);
  Matrix<double> weights(queries.rows(), keys.rows());
  for (Index i = 0; i < queries.rows(); ++i) {
    double largest = -std::numeric_limits<double>::infinity();
    for (Index j = 0; j < keys.rows(); ++j) {
      weights(i, j) = geometry.log_kernel(queries.row(i), keys.row(j));
      largest = std::max(largest, weights(i, j));
    }
    for (Index j = 0; j < keys.rows(); ++j) weights(i, j) = std::exp(weights(i, j) - largest);
  }
  return weighted_means(weights, values);
}

/// With one parameter per direction where directions are those of the rows.
FeatureMapSpec fitted_by_direction(FeatureMapSpec spec, const Matrix<double>& queries,
                                   const Matrix<double>& keys) {
  if (!spec.transform.matrix.empty() && block_law(spec).radii == Radii::sampled) {
    const std::vector<double> squares = mean_square_sums(spec, queries.view(), keys.view());
    spec.features = with_optimal_parameters(spec.features, squares);
  }
  return spec;
}

/// Mean squared difference of one draw's outputs from the exact ones.
double squared_output_error(const FeatureMapSpec& spec, const Matrix<double>& queries,
                            const Matrix<double>& keys, const Matrix<double>& values,
                            const Matrix<double>& exact, const Execution& execution) {
  const FeatureMap<double> map(spec);
  const Matrix<double> phi_q = scaled_features(map, Side::query, queries, execution);
  const Matrix<double> phi_k = scaled_features(map, Side::key, keys, execution);
  // phi_q (phi_k^T [v, 1])
  Matrix<double> state(phi_k.cols(), values.cols() + 1);
  for (Index j = 0; j < phi_k.rows(); ++j) {
    for (Index f = 0; f < phi_k.cols(); ++f) {
      for (Index c = 0; c < values.cols(); ++c) state(f, c) += phi_k(j, f) * values(j, c);
      state(f, values.cols()) += phi_k(j, f);
    }
  }
  Matrix<double> difference(exact.rows(), exact.cols());
  for (Index i = 0; i < exact.rows(); ++i) {
    std::vector<double> sums(static_cast<std::size_t>(values.cols() + 1), 0.0);
    for (Index f = 0; f < phi_q.cols(); ++f) {
      for (Index c = 0; c <= values.cols(); ++c) {
        sums[static_cast<std::size_t>(c)] += phi_q(i, f) * state(f, c);
      }
    }
    for (Index c = 0; c < values.cols(); ++c) {
      difference(i, c) = sums[static_cast<std::size_t>(c)] / sums.back() - exact(i, c);
    }
  }
  return squared_sum(difference);
}

}  // namespace

Recommendation recommend_for_attention(const Kernel& kernel, MatrixView<const double> queries,
                                       MatrixView<const double> keys,
                                       MatrixView<const double> values, const Budget& budget,
                                       int redraws, const Execution& execution) {
  constexpr Door kDoor("recommend_for_attention");
  require_request(kDoor, queries, keys, budget);
  kDoor.rows("values", values, keys.rows, "one per key")
      .at_least("the number of columns of values", values.cols, 1)
      .at_least("redraws", redraws, 2)
      .finite("values", values);
  const Matrix<double> q = row_sample(queries, kSampledQueries, budget.seed, 0);
  // Keys and values are sampled by the same words, so that they stay together.
  const Matrix<double> k = row_sample(keys, kSampledKeys, budget.seed, 1);
  const Matrix<double> v = row_sample(values, kSampledKeys, budget.seed, 1);
  const Matrix<double> exact = exact_outputs(kDoor, kernel, q, k, v);
  const double power = squared_sum(exact);

  std::vector<Candidate> candidates;
  for (const FeatureMapSpec& candidate : candidate_specs(kDoor, kernel, q, k, budget)) {
    const FeatureMapSpec spec = fitted_by_direction(candidate, q, k);
    double error = 0.0;
    for (int r = 0; r < redraws; ++r) {
      FeatureMapSpec redrawn = spec;
      redrawn.seed.value += static_cast<std::uint64_t>(r);
      error += squared_output_error(redrawn, q, k, v, exact, execution);
    }
    // Weights that all vanish, or leave the range of double, have no output.
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    candidates.push_back({.spec = spec,
                          .error = std::sqrt(error / (static_cast<double>(redraws) * power)),
                          .cost = projection_cost(spec)});
  }
  Recommendation out;
  out.ranked = ranked(candidates);
  out.reason = reason_for(
      out.ranked, "relative error of the output over " + std::to_string(redraws) + " redraws");
  const FeatureFunction& best = out.ranked.front().spec.features;
  if (!multiplies(best) && !row_law(kernel, best).profile) {
    const OutputError predicted =
        output_error(out.ranked.front().spec, q.view(), k.view(), v.view(), execution);
    out.reason +=
        std::string(predicted.is_upper ? "; to first order at most " : "; to first order ") +
        text::rounded(predicted.relative_error, 3);
  }
  out.warning = error_expected(out.ranked.front().spec, q.view(), k.view()).warning;
  return out;
}

}  // namespace bochner
