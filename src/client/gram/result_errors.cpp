// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/result_errors.hpp"

#include "client/gram/centred_features.hpp"
#include "client/gram/null_law.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kTwoSampleError("two_sample_error");
constexpr Door kIndependenceError("independence_error");
constexpr Door kEigenvalueError("eigenvalue_error");
constexpr Door kPrincipalComponentError("principal_component_error");

/// What the columns of each frequency j, m + j, ... contribute.
std::vector<double> by_frequency(const std::vector<double>& columns, Index num_frequencies) {
  std::vector<double> out(static_cast<std::size_t>(num_frequencies));
  for (std::size_t j = 0; j < columns.size(); ++j) out[j % out.size()] += columns[j];
  return out;
}

double weighted(std::span<const double> weights, std::span<const double> values) {
  double sum = 0.0;
  for (std::size_t j = 0; j < values.size(); ++j) sum += weights[j] * values[j];
  return sum;
}

/// Means and variances of the columns of features.
struct ColumnLaw {
  std::vector<double> mean;
  std::vector<double> mean_variance;  ///< unbiased, of the mean
};

template <Scalar T>
ColumnLaw column_law(const FeatureMap<T>& map, MatrixView<const T> x, const Execution& execution) {
  const GramApproximation<T> rows(map, x, {}, execution);
  ColumnLaw law{mean_features(kTwoSampleError, rows.features()), {}};
  const Matrix<double> centred = centred_features(kTwoSampleError, rows.features());
  const auto n = static_cast<double>(x.rows);
  law.mean_variance.assign(law.mean.size(), 0.0);
  for (Index i = 0; i < centred.rows(); ++i) {
    for (std::size_t j = 0; j < law.mean.size(); ++j) {
      const double value = centred(i, static_cast<Index>(j));
      law.mean_variance[j] += value * value / (n * (n - 1.0));
    }
  }
  return law;
}

/// The largest eigenvalues of a matrix of moments under weights of the frequencies.
class WeightedSpectrum {
 public:
  /// The lower triangle of `moments`, D x D.
  WeightedSpectrum(const Door& door, Matrix<double> moments, Index features)
      : door_(door), moments_(std::move(moments)), features_(features) {}

  /// Descending, then the trace.
  std::vector<double> largest(std::span<const double> weights, Index count) const {
    Matrix<double> own(features_, features_);
    const auto weight = [&](Index j) {
      return weights[static_cast<std::size_t>(j % std::ssize(weights))];
    };
    double trace = 0.0;
    for (Index i = 0; i < features_; ++i) {
      for (Index j = 0; j <= i; ++j) own(i, j) = std::sqrt(weight(i) * weight(j)) * moments_(i, j);
      trace += own(i, i);
    }
    const auto eigen = linalg::symmetric_eigen(own.view());
    if (!eigen) door_.refuse("the features overflow; scale them down");
    std::vector<double> out;
    for (Index k = 0; k < count; ++k) {
      out.push_back(eigen->values[static_cast<std::size_t>(features_ - 1 - k)]);
    }
    out.push_back(trace);
    return out;
  }

 private:
  const Door& door_;
  Matrix<double> moments_;
  Index features_;
};

}  // namespace

template <Scalar T>
FeatureErrors two_sample_error(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                               const FeatureErrorOptions& options, const Execution& execution) {
  kTwoSampleError.columns("x", x, map.input_dim(), "the map's input_dim")
      .columns("y", y, map.input_dim(), "the map's input_dim")
      .at_least("the number of rows of x", x.rows, 2)
      .at_least("the number of rows of y", y.rows, 2);
  const ColumnLaw first = column_law(map, x, execution);
  const ColumnLaw second = column_law(map, y, execution);
  std::vector<double> columns;
  for (std::size_t j = 0; j < first.mean.size(); ++j) {
    const double difference = first.mean[j] - second.mean[j];
    columns.push_back(difference * difference - first.mean_variance[j] - second.mean_variance[j]);
  }
  const std::vector<double> values = by_frequency(columns, map.spec().num_frequencies);
  return feature_error(
      map.spec(),
      [&](std::span<const double> weights) { return std::vector{weighted(weights, values)}; },
      options);
}

template <Scalar T>
FeatureErrors independence_error(const FeatureMap<T>& map_x, ViewOf<const T> x,
                                 const FeatureMap<T>& map_y, ViewOf<const T> y,
                                 const FeatureErrorOptions& options, const Execution& execution) {
  kIndependenceError.columns("x", x, map_x.input_dim(), "the map's input_dim")
      .columns("y", y, map_y.input_dim(), "the map's input_dim")
      .rows("y", y, x.rows, "rows of x")
      .at_least("the number of rows", x.rows, 2);
  const GramApproximation<T> phi =
      centred_rows(kIndependenceError, GramApproximation<T>(map_x, x, {}, execution));
  const Matrix<double> psi = centred_features(
      kIndependenceError, GramApproximation<T>(map_y, y, {}, execution).features());
  const ScaledColumns product = transposed_product(phi.features(), psi.view(), execution);
  const Index m_x = map_x.spec().num_frequencies;
  const Index m_y = map_y.spec().num_frequencies;
  Matrix<double> squares(m_x, m_y);
  for (Index c = 0; c < product.values.cols(); ++c) {
    const auto exponent = static_cast<int>(
        std::clamp<std::int64_t>(product.exponent[static_cast<std::size_t>(c)], -10'000, 10'000));
    for (Index j = 0; j < product.values.rows(); ++j) {
      const double entry = std::ldexp(product.values(j, c), exponent) / static_cast<double>(x.rows);
      squares(j % m_x, c % m_y) += entry * entry;
    }
  }
  return feature_error(
      map_x.spec(), map_y.spec(),
      [&](std::span<const double> of_x, std::span<const double> of_y) {
        double sum = 0.0;
        for (Index j = 0; j < m_x; ++j) {
          const std::span<const double> row(squares.row(j), static_cast<std::size_t>(m_y));
          sum += of_x[static_cast<std::size_t>(j)] * weighted(of_y, row);
        }
        return std::vector{sum};
      },
      options);
}

template <Scalar T>
FeatureErrors eigenvalue_error(const FeatureMap<T>& map, ViewOf<const T> x, Index count,
                               const FeatureErrorOptions& options, const Execution& execution) {
  kEigenvalueError.columns("x", x, map.input_dim(), "the map's input_dim")
      .between("count", count, 1, std::min(x.rows, map.num_features()));
  const GramApproximation<T> rows(map, x, {}, execution);
  const WeightedSpectrum spectrum(
      kEigenvalueError, gram::second_moments(rows.features(), 1.0, execution), map.num_features());
  return feature_error(
      map.spec(),
      [&](std::span<const double> weights) {
        if (execution.poll) execution.poll();
        std::vector<double> out = spectrum.largest(weights, count);
        out.pop_back();
        return out;
      },
      options);
}

template <Scalar T>
FeatureErrors principal_component_error(const FeatureMap<T>& map, ViewOf<const T> x, Index count,
                                        const FeatureErrorOptions& options,
                                        const Execution& execution) {
  kPrincipalComponentError.columns("x", x, map.input_dim(), "the map's input_dim")
      .at_least("the number of rows of x", x.rows, 2)
      .between("count", count, 1, std::min(x.rows, map.num_features()));
  const GramApproximation<T> rows =
      centred_rows(kPrincipalComponentError, GramApproximation<T>(map, x, {}, execution));
  const WeightedSpectrum spectrum(
      kPrincipalComponentError,
      gram::second_moments(rows.features(), static_cast<double>(x.rows), execution),
      map.num_features());
  return feature_error(
      map.spec(),
      [&](std::span<const double> weights) {
        if (execution.poll) execution.poll();
        std::vector<double> out = spectrum.largest(weights, count);
        const double total = out.back();
        if (!(total > 0.0)) kPrincipalComponentError.refuse("the rows are all alike");
        out.pop_back();
        for (Index k = 0; k < count; ++k) out.push_back(out[static_cast<std::size_t>(k)] / total);
        return out;
      },
      options);
}

template FeatureErrors two_sample_error(const FeatureMap<float>&, MatrixView<const float>,
                                        MatrixView<const float>, const FeatureErrorOptions&,
                                        const Execution&);
template FeatureErrors two_sample_error(const FeatureMap<double>&, MatrixView<const double>,
                                        MatrixView<const double>, const FeatureErrorOptions&,
                                        const Execution&);
template FeatureErrors independence_error(const FeatureMap<float>&, MatrixView<const float>,
                                          const FeatureMap<float>&, MatrixView<const float>,
                                          const FeatureErrorOptions&, const Execution&);
template FeatureErrors independence_error(const FeatureMap<double>&, MatrixView<const double>,
                                          const FeatureMap<double>&, MatrixView<const double>,
                                          const FeatureErrorOptions&, const Execution&);
template FeatureErrors eigenvalue_error(const FeatureMap<float>&, MatrixView<const float>, Index,
                                        const FeatureErrorOptions&, const Execution&);
template FeatureErrors eigenvalue_error(const FeatureMap<double>&, MatrixView<const double>, Index,
                                        const FeatureErrorOptions&, const Execution&);
template FeatureErrors principal_component_error(const FeatureMap<float>&, MatrixView<const float>,
                                                 Index, const FeatureErrorOptions&,
                                                 const Execution&);
template FeatureErrors principal_component_error(const FeatureMap<double>&,
                                                 MatrixView<const double>, Index,
                                                 const FeatureErrorOptions&, const Execution&);

}  // namespace bochner
