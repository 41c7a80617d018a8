// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/output_error.hpp"

#include "bochner/core/matrix.hpp"
#include "bochner/estimator/plan.hpp"
#include "core/parallel.hpp"
#include "estimator/checks.hpp"
#include "estimator/draw_covariance.hpp"
#include "estimator/pair_geometry.hpp"
#include "features/stage.hpp"
#include "linalg/copy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace bochner {

using namespace estimator;

namespace {

constexpr Door kOutputDoor("output_error");

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

/// What all queries share.
struct Problem {
  RowLaw row;
  BlockLaw block;
  Index num_frequencies;
  Matrix<double> keys;                ///< placed, stretched
  Matrix<double> key_gram;            ///< their inner products
  std::vector<double> plain_weights;  ///< |x|^2 from stretched rows; empty where none are
  Matrix<double> values;
  Matrix<double> value_gram;
};

/// One query's moments.
struct QueryError {
  double squared_error = 0.0;
  double squared_norm = 0.0;
  double normaliser_variance = 0.0;
};

double squared_norm(const std::vector<double>& x) {
  return product(x.data(), x.data(), static_cast<Index>(x.size()));
}

/// sum_j weight_j v_j
std::vector<double> mixed(const std::vector<double>& weight, const Matrix<double>& values) {
  std::vector<double> out(static_cast<std::size_t>(values.cols()), 0.0);
  for (Index j = 0; j < values.rows(); ++j) {
    for (std::size_t c = 0; c < out.size(); ++c) {
      out[c] += weight[static_cast<std::size_t>(j)] * values.row(j)[c];
    }
  }
  return out;
}

/// Beyond the range of double, products of infinities are NaN.
double variance_or_infinity(double variance) {
  return std::isnan(variance) ? std::numeric_limits<double>::infinity() : variance;
}

/// The keys as one query sees them.
struct Distances {
  double query_square = 0.0;
  std::vector<double> along;   ///< +-q.k_j
  std::vector<double> square;  ///< |v_j|^2
  std::vector<double> plain;   ///< the same before stretching, where rows are stretched
};

/// `query` is placed.
Distances distances_of(const Problem& problem, const double* query) {
  const Index d = problem.keys.cols();
  Distances out;
  out.query_square = product(query, query, d);
  for (Index j = 0; j < problem.keys.rows(); ++j) {
    const double along = problem.row.sign() * product(query, problem.keys.row(j), d);
    out.along.push_back(along);
    out.square.push_back(std::max(out.query_square + 2.0 * along + problem.key_gram(j, j), 0.0));
  }
  for (Index j = 0; j < problem.keys.rows() && !problem.plain_weights.empty(); ++j) {
    double square = 0.0;
    for (std::size_t l = 0; l < problem.plain_weights.size(); ++l) {
      const double entry = query[l] + problem.keys.row(j)[l];
      square += problem.plain_weights[l] * (entry * entry);
    }
    out.plain.push_back(square);
  }
  return out;
}

/// Of K^_j in its natural unit, in which k is e^{-s/2} for differences, whose features are of order
/// one.
DrawCovariance covariance_of(const Problem& problem, const Distances& distances,
                             std::vector<double> log_weight) {
  if (problem.row.argument == RowLaw::Argument::difference) {
    for (std::size_t j = 0; j < log_weight.size(); ++j) log_weight[j] += 0.5 * distances.square[j];
  }
  return {problem.row,      problem.block,         problem.num_frequencies,
          distances.square, std::move(log_weight), distances.plain};
}

/// m times the variances of a query's output and of its denominator.
struct Variances {
  double output = 0.0;
  double normaliser = 0.0;
};

/// `centre` is the output that deviations are from.
Variances variances_of(const Problem& problem, const Distances& distances,
                       const std::vector<double>& centre, DrawCovariance& covariance) {
  const Index keys = problem.keys.rows();
  const auto count = static_cast<std::size_t>(keys);
  std::vector<double> value_along(count);  // centre.v_j
  for (Index j = 0; j < keys; ++j) {
    value_along[static_cast<std::size_t>(j)] =
        product(centre.data(), problem.values.row(j), problem.values.cols());
  }
  const double centre_square = squared_norm(centre);
  const std::vector<double>& along = distances.along;
  std::vector<double> products(count);
  std::vector<double> strip(count);
  Variances out;
  for (Index j = 0; j < keys; ++j) {
    const auto at = static_cast<std::size_t>(j);
    const double* const gram = problem.key_gram.row(j);
    for (std::size_t l = 0; l <= at; ++l) {
      products[l] = distances.query_square + along[at] + along[l] + gram[l];
    }
    covariance.row(j, products.data(), strip.data());
    const double* const value_gram = problem.value_gram.row(j);
    // The lower triangle stands for the upper one.
    strip[at] *= 0.5;
    double output_sum = 0.0;
    double normaliser_sum = 0.0;
    for (std::size_t l = 0; l <= at; ++l) {
      normaliser_sum += strip[l];
      output_sum += strip[l] * (value_gram[l] - value_along[at] - value_along[l] + centre_square);
    }
    out.output += 2.0 * output_sum;
    out.normaliser += 2.0 * normaliser_sum;
  }
  return out;
}

/// `log_weight` are those of attention, `query` is placed.
QueryError error_of(const Problem& problem, const double* query, std::vector<double> log_weight) {
  std::vector<double> weight;
  for (const double w : log_weight) weight.push_back(std::exp(w));
  const std::vector<double> exact = mixed(weight, problem.values);
  const Distances distances = distances_of(problem, query);
  DrawCovariance covariance = covariance_of(problem, distances, std::move(log_weight));
  // The mean of the draw has the weights p_j E K^_j / k_j.
  std::vector<double> mean;
  for (Index j = 0; j < problem.keys.rows(); ++j) mean.push_back(covariance.mean(j));
  const double normaliser = std::accumulate(mean.begin(), mean.end(), 0.0);
  for (double& w : mean) w /= normaliser;
  const std::vector<double> centre = mixed(mean, problem.values);
  double squared_bias = 0.0;
  for (std::size_t c = 0; c < centre.size(); ++c) {
    squared_bias += (centre[c] - exact[c]) * (centre[c] - exact[c]);
  }
  const Variances variances = variances_of(problem, distances, centre, covariance);
  const double unit = static_cast<double>(problem.num_frequencies) * normaliser * normaliser;
  return {
      .squared_error = variance_or_infinity(squared_bias + std::max(variances.output, 0.0) / unit),
      .squared_norm = squared_norm(exact),
      .normaliser_variance = variance_or_infinity(std::max(variances.normaliser, 0.0) / unit)};
}

void check(const FeatureMapSpec& spec, MatrixView<const double> queries,
           MatrixView<const double> keys, MatrixView<const double> values) {
  require_inputs(kOutputDoor, "queries", queries, spec.input_dim);
  require_inputs(kOutputDoor, "keys", keys, spec.input_dim);
  kOutputDoor.at_least("the number of rows of queries", queries.rows, 1)
      .at_least("the number of rows of keys", keys.rows, 1)
      .at_least("the number of columns of values", values.cols, 1)
      .rows("values", values, keys.rows, "one per key")
      .finite("values", values);
  if (row_law(spec.kernel, spec.features).profile) {
    kOutputDoor.refuse("the closed form is for kernels with normal frequencies, got " +
                       to_text(spec.kernel));
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
    require_length(kOutputDoor, name, i, product(out.row(i), out.row(i), x.cols));
  }
  return out;
}

/// (1 - 4a) / (1 - 8a) per direction: see `DrawCovariance`. Empty for one parameter.
std::vector<double> square_factors(const RowLaw& row) {
  std::vector<double> out;
  for (const double a : row.directions) out.push_back((1.0 - 4.0 * a) / (1.0 - 8.0 * a));
  return out;
}

void stretch(Matrix<double>& placed, const std::vector<double>& factors) {
  for (Index i = 0; i < placed.rows(); ++i) {
    for (std::size_t l = 0; l < factors.size(); ++l) placed.row(i)[l] *= std::sqrt(factors[l]);
  }
}

/// `keys` are placed and stretched by the roots of `factors`.
Problem problem_of(const FeatureMapSpec& spec, Matrix<double> keys, MatrixView<const double> values,
                   const std::vector<double>& factors) {
  Matrix<double> v(values.rows, values.cols);
  linalg::copy(values, v);
  Matrix<double> key_gram = gram_of(keys);
  Matrix<double> value_gram = gram_of(v);
  std::vector<double> plain_weights;
  for (const double factor : factors) plain_weights.push_back(1.0 / factor);
  return {.row = row_law(spec.features),
          .block = without_pairs_of_radii(closed_form_block(spec)),
          .num_frequencies = spec.num_frequencies,
          .keys = std::move(keys),
          .key_gram = std::move(key_gram),
          .plain_weights = std::move(plain_weights),
          .values = std::move(v),
          .value_gram = std::move(value_gram)};
}

/// Logarithms of a query's softmax weights.
std::vector<double> weights_of(const PairGeometry& geometry, const std::vector<double>& query,
                               MatrixView<const double> keys) {
  std::vector<double> weight;
  for (Index j = 0; j < keys.rows; ++j) {
    weight.push_back(geometry.log_kernel(query.data(), copied(keys, j).data()));
  }
  const double largest = *std::max_element(weight.begin(), weight.end());
  double total = 0.0;
  for (double& w : weight) total += std::exp(w -= largest);
  for (double& w : weight) w -= std::log(total);
  return weight;
}

}  // namespace

OutputError output_error(const FeatureMapSpec& spec, MatrixView<const double> queries,
                         MatrixView<const double> keys, MatrixView<const double> values,
                         const Execution& execution) {
  if (multiplies(spec.features)) {
    kOutputDoor.refuse("no closed form is known here for " + to_text(spec.features) + " features");
  }
  const PairGeometry geometry(kOutputDoor, spec);
  check(spec, queries, keys, values);
  const std::vector<double> factors = square_factors(row_law(spec.features));
  Matrix<double> x = placed(geometry, Side::query, "queries", queries);
  Matrix<double> y = placed(geometry, Side::key, "keys", keys);
  stretch(x, factors);
  stretch(y, factors);
  const Problem problem = problem_of(spec, std::move(y), values, factors);

  OutputError out;
  out.is_upper = is_upper_for_outputs(spec);
  const auto count = static_cast<std::size_t>(queries.rows);
  out.squared_error.resize(count);
  out.squared_norm.resize(count);
  out.normaliser_variance.resize(count);
  parallel_for_blocks(queries.rows, execution, [&](Index i, int) {
    const auto at = static_cast<std::size_t>(i);
    const QueryError error =
        error_of(problem, x.row(i), weights_of(geometry, copied(queries, i), keys));
    out.squared_error[at] = error.squared_error;
    out.squared_norm[at] = error.squared_norm;
    out.normaliser_variance[at] = error.normaliser_variance;
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
