// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_pair_transform.hpp"

#include "bochner/kernel/options.hpp"
#include "estimator/checks.hpp"
#include "estimator/mean_row.hpp"
#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"
#include "linalg/product.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bochner {

using namespace estimator;

namespace {

constexpr Door kPairTransformDoor("optimal_pair_transform");

/// Of the trace, added to the diagonal of a covariance.
constexpr double kCovarianceRidge = 1e-6;

/// The rows of one side about their mean.
struct SideSpread {
  std::vector<double> mean;
  double deviation = 0.0;       ///< root of the covariance's trace
  Matrix<double> covariance{};  ///< over its trace, with the ridge; empty where rows are equal
};

/// Deviations are taken in units of the largest one, so that rows may be of any size.
SideSpread side_spread(MatrixView<const double> x) {
  SideSpread out;
  out.mean = mean_row(x);
  Matrix<double> deviations(x.rows, x.cols);
  double largest = 0.0;
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) {
      deviations(i, k) = x(i, k) - out.mean[static_cast<std::size_t>(k)];
      largest = std::max(largest, std::abs(deviations(i, k)));
    }
  }
  if (!std::isfinite(largest)) {
    kPairTransformDoor.refuse("rows differ by more than the range of double");
  }
  if (largest == 0.0) return out;
  for (Index e = 0; e < deviations.size(); ++e) deviations.data()[e] /= largest;
  out.covariance = Matrix<double>(x.cols, x.cols);
  linalg::add_product(deviations.view().transpose(), deviations, out.covariance);
  double trace = 0.0;
  for (Index k = 0; k < x.cols; ++k) trace += out.covariance(k, k);
  for (Index e = 0; e < out.covariance.size(); ++e) out.covariance.data()[e] /= trace;
  for (Index k = 0; k < x.cols; ++k) out.covariance(k, k) += kCovarianceRidge;
  out.deviation = largest * std::sqrt(trace / static_cast<double>(x.rows));
  return out;
}

linalg::EigenDecomposition eigen_of(const Matrix<double>& a) {
  auto eigen = linalg::symmetric_eigen(a);
  if (!eigen) kPairTransformDoor.refuse("the eigenvalues of a covariance were not found");
  return *std::move(eigen);
}

Matrix<double> product(MatrixView<const double> a, const Matrix<double>& b) {
  Matrix<double> out(a.rows, b.cols());
  linalg::add_product(a, b, out);
  return out;
}

/// B A B
Matrix<double> between(const Matrix<double>& b, const Matrix<double>& a) {
  return product(product(b, a), b);
}

/// A^exponent of a positive semidefinite A.
Matrix<double> power(const Matrix<double>& a, double exponent) {
  const linalg::EigenDecomposition eigen = eigen_of(a);
  Matrix<double> scaled(a.rows(), a.cols());  // (V diag)^T
  for (Index j = 0; j < a.cols(); ++j) {
    const double value =
        std::pow(std::max(eigen.values[static_cast<std::size_t>(j)], 0.0), exponent);
    for (Index i = 0; i < a.rows(); ++i) scaled(j, i) = value * eigen.vectors(i, j);
  }
  return product(eigen.vectors, scaled);
}

}  // namespace

PairTransform optimal_pair_transform(MatrixView<const double> queries,
                                     MatrixView<const double> keys) {
  require_two_samples(kPairTransformDoor, "queries", queries, "keys", keys);
  const SideSpread query = side_spread(queries);
  const SideSpread key = side_spread(keys);
  PairTransform out{.query = query.mean, .key = key.mean};
  if (query.covariance.size() == 0 || key.covariance.size() == 0) return out;
  const Matrix<double> root = power(query.covariance, 0.5);
  const Matrix<double> inverse_root = power(query.covariance, -0.5);
  const Matrix<double> balance = between(inverse_root, power(between(root, key.covariance), 0.5));
  const Matrix<double> stretch = power(balance, 0.5);
  const Matrix<double> axes = eigen_of(between(stretch, query.covariance)).vectors;
  const Matrix<double> rotated = product(axes.view().transpose(), stretch);
  const double unit = std::sqrt(key.deviation) / std::sqrt(query.deviation);
  for (Index e = 0; e < rotated.size(); ++e) out.matrix.push_back(unit * rotated.data()[e]);
  return out;
}

PairTransform optimal_pair_transform(const Kernel& kernel, MatrixView<const double> queries,
                                     MatrixView<const double> keys) {
  require_two_samples(kPairTransformDoor, "queries", queries, "keys", keys);
  if (!takes_matrix(standard_form(kernel, queries.cols))) {
    kPairTransformDoor.refuse("the kernel", to_text(kernel), "softmax");
  }
  const Metric* const metric = metric_of(kernel);
  if (metric == nullptr) return optimal_pair_transform(queries, keys);
  const InputTransform a = kernels::transform_of(*metric, queries.cols, "optimal_pair_transform");
  PairTransform out = optimal_pair_transform(a.rows(queries).view(), a.rows(keys).view());
  out.query = mean_row(queries);  // shifts are of the rows as they come
  out.key = mean_row(keys);
  return out;
}

}  // namespace bochner
