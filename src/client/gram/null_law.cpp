// SPDX-License-Identifier: Apache-2.0
#include "client/gram/null_law.hpp"

#include "bochner/client/gram/approximation.hpp"
#include "client/gram/feature_products.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace bochner::gram {
namespace {

std::vector<double> spectrum_of(const Door& door, MatrixView<const double> lower) {
  auto eigen = linalg::symmetric_eigen(lower);
  if (!eigen) door.refuse("the kernel's values or the features overflow; scale the inputs down");
  for (double& value : eigen->values) value = std::max(value, 0.0);
  return std::move(eigen->values);
}

/// H K H / (n - 1). Entries are taken relative to those of row 0 first, so that of equal rows
/// nothing is left.
void centre_by_first(Matrix<double>& k) {
  const Index n = k.rows();
  const std::vector<double> first(k.row(0), k.row(0) + n);
  std::vector<double> means(first.size());
  double mean = 0.0;
  for (Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    for (Index j = 0; j < n; ++j) {
      k(i, j) -= first[at] + first[static_cast<std::size_t>(j)] - first[0];
      means[at] += k(i, j) / static_cast<double>(n);
    }
    mean += means[at] / static_cast<double>(n);
  }
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j <= i; ++j) {
      k(i, j) -= means[static_cast<std::size_t>(i)] + means[static_cast<std::size_t>(j)] - mean;
      k(i, j) /= static_cast<double>(n - 1);
    }
  }
}

}  // namespace

template <Scalar T>
Matrix<double> second_moments(const FeatureSource<T>& source, double count,
                              const Execution& execution) {
  Matrix<double> out = feature_moments(source, execution);
  for (Index i = 0; i < source.num_features(); ++i) {
    for (Index j = 0; j <= i; ++j) {
      out(i, j) = std::ldexp(out(i, j) / count, 2 * source.max_exponent());
    }
  }
  return out;
}

template <Scalar T>
std::vector<double> covariance_eigenvalues(const Door& door, const FeatureSource<T>& centred,
                                           const Execution& execution) {
  const Index n = centred.size();
  const Index features = centred.num_features();
  const auto degrees = static_cast<double>(n - 1);
  if (features <= n) {
    const Matrix<double> moments = second_moments(centred, degrees, execution);
    return spectrum_of(door, moments.view().middle_cols(0, features));
  }
  const GramApproximation<T> gram(std::make_shared<const FeatureSource<T>>(centred));
  Matrix<double> products = gram.to_dense(execution);
  for (Index e = 0; e < products.size(); ++e) products.data()[e] /= degrees;
  return spectrum_of(door, std::as_const(products).view());
}

std::vector<double> covariance_eigenvalues(const Door& door, const ExactGram& gram,
                                           const Execution& execution) {
  Matrix<double> k = gram.to_dense(execution);
  centre_by_first(k);
  return spectrum_of(door, std::as_const(k).view());
}

template Matrix<double> second_moments(const FeatureSource<float>&, double, const Execution&);
template Matrix<double> second_moments(const FeatureSource<double>&, double, const Execution&);
template std::vector<double> covariance_eigenvalues(const Door&, const FeatureSource<float>&,
                                                    const Execution&);
template std::vector<double> covariance_eigenvalues(const Door&, const FeatureSource<double>&,
                                                    const Execution&);

}  // namespace bochner::gram
