// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/output_error.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/estimator/plan.hpp"
#include "core/parallel.hpp"
#include "estimator/pair_geometry.hpp"
#include "features/stage.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace bochner {
namespace {

constexpr const char* kFunction = "output_error";

double product(const double* x, const double* y, Index size) {
  return std::inner_product(x, x + size, y, 0.0);
}

/// Inner products of all pairs of rows.
Matrix<double> gram_of(const Matrix<double>& x) {
  Matrix<double> out(x.rows(), x.rows());
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j <= i; ++j) {
      out(i, j) = out(j, i) = product(x.row(i), x.row(j), x.cols());
    }
  }
  return out;
}

/// E r_j r_l as a sum of exponentials of the placed pairs' products: with g = v_j.v_l and the
/// squared norms, same exp(front + square (|v_j|^2 + |v_l|^2) + cross g) + the same with -g.
struct PairLaw {
  double front = 0.0;
  double square = 0.0;
  double cross = 1.0;
  double same = 1.0;
  double opposite = 0.0;

  PairLaw(const RowLaw& row, double dim) {
    const bool even = row.sides == RowLaw::Sides::both;
    if (even) same = opposite = 0.5;
    if (row.argument == RowLaw::Argument::difference) {
      // cos cos = (cos of the sum + cos of the difference) / 2, and a phase adds the latter.
      cross = -1.0;
      opposite += row.phase_variance;
      return;
    }
    const double narrowing = 1.0 - 8.0 * row.a;
    cross = (1.0 - 4.0 * row.a) / narrowing;
    square = 0.5 * (cross - 1.0);
    front = 0.5 * dim * std::log1p(16.0 * row.a * row.a / narrowing);
  }
};

/// One query's sums over pairs of keys.
struct QuerySums {
  double output = 0.0;
  double normaliser = 0.0;
};

struct Problem {
  PairLaw law;
  Matrix<double> keys;        ///< placed
  Matrix<double> key_gram;    ///< their inner products
  Matrix<double> value_gram;  ///< those of the values
  double sign;                ///< v_j = q + sign k_j
};

QuerySums sums_of(const Problem& problem, const double* query, const std::vector<double>& weight,
                  const double* output, MatrixView<const double> values) {
  const Index keys = problem.keys.rows();
  const auto count = static_cast<std::size_t>(keys);
  const Index d = problem.keys.cols();
  const double query_square = product(query, query, d);
  std::vector<double> along(count);        // sign q.k_j
  std::vector<double> norm(count);         // |v_j|^2
  std::vector<double> value_along(count);  // o.v_j
  double output_square = 0.0;
  for (Index c = 0; c < values.cols; ++c) output_square += output[c] * output[c];
  for (Index j = 0; j < keys; ++j) {
    const auto at = static_cast<std::size_t>(j);
    along[at] = problem.sign * product(query, problem.keys.row(j), d);
    norm[at] = query_square + 2.0 * along[at] + problem.key_gram(j, j);
    for (Index c = 0; c < values.cols; ++c) value_along[at] += output[c] * values(j, c);
  }
  const PairLaw& law = problem.law;
  std::vector<double> same(count);
  std::vector<double> opposite(count);
  QuerySums sums;
  for (Index j = 0; j < keys; ++j) {
    const auto at = static_cast<std::size_t>(j);
    if (weight[at] == 0.0) continue;
    const double* const gram = problem.key_gram.row(j);
    for (std::size_t l = 0; l < count; ++l) {
      const double g = query_square + along[at] + along[l] + gram[l];
      const double level = law.front + law.square * (norm[at] + norm[l]);
      same[l] = level + law.cross * g;
      opposite[l] = level - law.cross * g;
    }
    const simd::Kernels<double>& kernels = simd::kernels<double>();
    kernels.exp(same.data(), same.data(), keys);
    if (law.opposite != 0.0) kernels.exp(opposite.data(), opposite.data(), keys);
    const double* const value_gram = problem.value_gram.row(j);
    double output_sum = 0.0;
    double normaliser_sum = 0.0;
    for (std::size_t l = 0; l < count; ++l) {
      const double second =
          law.same * same[l] + (law.opposite != 0.0 ? law.opposite * opposite[l] : 0.0);
      const double covariance = weight[l] * (second - 1.0);
      normaliser_sum += covariance;
      output_sum += covariance * (value_gram[l] - value_along[at] - value_along[l] + output_square);
    }
    sums.output += weight[at] * output_sum;
    sums.normaliser += weight[at] * normaliser_sum;
  }
  return sums;
}

void check(const FeatureMapSpec& spec, MatrixView<const double> queries,
           MatrixView<const double> keys, MatrixView<const double> values) {
  check_columns(kFunction, "queries", queries.rows, queries.cols, spec.input_dim);
  check_columns(kFunction, "keys", keys.rows, keys.cols, spec.input_dim);
  if (queries.rows < 1 || keys.rows < 1 || values.rows != keys.rows || values.cols < 1) {
    throw InvalidArgument(std::string(kFunction) + ": queries have " +
                          std::to_string(queries.rows) + " rows, keys " +
                          std::to_string(keys.rows) + ", values are " +
                          std::to_string(values.rows) + " x " + std::to_string(values.cols) +
                          "; expected a row in each, a value for each key and a column");
  }
  check_finite(kFunction, "queries", queries);
  check_finite(kFunction, "keys", keys);
  check_finite(kFunction, "values", values);
  if (!std::holds_alternative<IidProjection>(spec.projection)) {
    throw InvalidArgument(std::string(kFunction) +
                          ": the closed form is for iid frequencies, got " +
                          to_text(spec.projection));
  }
}

/// A row as contiguous numbers.
std::vector<double> copied(MatrixView<const double> x, Index row) {
  std::vector<double> out;
  for (Index k = 0; k < x.cols; ++k) out.push_back(x(row, k));
  return out;
}

Matrix<double> placed(const PairGeometry& geometry, Side side, const char* name,
                      MatrixView<const double> x) {
  Matrix<double> out(x.rows, x.cols);
  for (Index i = 0; i < x.rows; ++i) {
    geometry.place(side, copied(x, i).data(), out.row(i));
    check_length(kFunction, name, i, product(out.row(i), out.row(i), x.cols));
  }
  return out;
}

/// Softmax weights of a query.
std::vector<double> weights_of(const PairGeometry& geometry, const std::vector<double>& query,
                               MatrixView<const double> keys) {
  std::vector<double> weight;
  for (Index j = 0; j < keys.rows; ++j) {
    weight.push_back(geometry.log_kernel(query.data(), copied(keys, j).data()));
  }
  const double largest = *std::max_element(weight.begin(), weight.end());
  double total = 0.0;
  for (double& w : weight) total += w = std::exp(w - largest);
  for (double& w : weight) w /= total;
  return weight;
}

}  // namespace

OutputError output_error(const FeatureMapSpec& spec, MatrixView<const double> queries,
                         MatrixView<const double> keys, MatrixView<const double> values,
                         const Execution& execution) {
  if (multiplies(spec.features)) {
    throw InvalidArgument("output_error: no closed form is known here for " +
                          to_text(spec.features) + " features");
  }
  const PairGeometry geometry(spec);
  check(spec, queries, keys, values);
  const RowLaw row = row_law(spec.features);
  const Matrix<double> x = placed(geometry, Side::query, "queries", queries);
  Matrix<double> y = placed(geometry, Side::key, "keys", keys);
  Matrix<double> v(values.rows, values.cols);
  for (Index j = 0; j < v.rows(); ++j) {
    for (Index c = 0; c < v.cols(); ++c) v(j, c) = values(j, c);
  }
  Matrix<double> key_gram = gram_of(y);
  const Problem problem{.law = PairLaw(row, static_cast<double>(spec.input_dim)),
                        .keys = std::move(y),
                        .key_gram = std::move(key_gram),
                        .value_gram = gram_of(v),
                        .sign = row.sign()};

  OutputError out;
  const auto count = static_cast<std::size_t>(queries.rows);
  out.squared_error.resize(count);
  out.normaliser_variance.resize(count);
  out.squared_norm.resize(count);
  const auto m = static_cast<double>(spec.num_frequencies);
  parallel_for_blocks(queries.rows, execution, [&](Index i, int) {
    const auto at = static_cast<std::size_t>(i);
    const std::vector<double> weight = weights_of(geometry, copied(queries, i), keys);
    std::vector<double> output(static_cast<std::size_t>(values.cols), 0.0);
    for (Index j = 0; j < keys.rows; ++j) {
      for (Index c = 0; c < values.cols; ++c) {
        output[static_cast<std::size_t>(c)] += weight[static_cast<std::size_t>(j)] * values(j, c);
      }
    }
    for (const double o : output) out.squared_norm[at] += o * o;
    const QuerySums sums = sums_of(problem, x.row(i), weight, output.data(), values);
    out.squared_error[at] = std::max(sums.output, 0.0) / m;
    out.normaliser_variance[at] = std::max(sums.normaliser, 0.0) / m;
  });
  const double error = std::accumulate(out.squared_error.begin(), out.squared_error.end(), 0.0);
  out.relative_error =
      std::sqrt(error / std::accumulate(out.squared_norm.begin(), out.squared_norm.end(), 0.0));
  out.warning = error_expected(spec, queries, keys, execution).warning;
  constexpr double kSmall = 0.01;  // a tenth, squared
  const auto unsteady =
      std::count_if(out.normaliser_variance.begin(), out.normaliser_variance.end(),
                    [](double variance) { return !(variance <= kSmall); });
  if (out.warning.empty() && unsteady > 0) {
    out.warning = "the denominators of " + std::to_string(unsteady) + " of " +
                  std::to_string(queries.rows) +
                  " queries vary by more than a tenth of themselves: the prediction, of first "
                  "order, says little there";
  }
  return out;
}

}  // namespace bochner
