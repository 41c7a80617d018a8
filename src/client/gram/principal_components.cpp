// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/principal_components.hpp"

#include "bochner/core/error.hpp"
#include "client/gram/centred_features.hpp"
#include "client/gram/checks.hpp"
#include "client/gram/feature_products.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace bochner {

using namespace gram;

namespace {

constexpr const char* kFunction = "KernelPrincipalComponents";

/// D x k as the columns that `product` takes.
ScaledColumns plain(const Matrix<double>& values) {
  return {values, std::vector<std::int64_t>(static_cast<std::size_t>(values.cols()))};
}

}  // namespace

template <Scalar T>
KernelPrincipalComponents<T>::KernelPrincipalComponents(FeatureMap<T> map, MatrixView<const T> x,
                                                        Index count, const Execution& execution)
    : map_(std::move(map)) {
  check_least(kFunction, "count", count, 1);
  check_least(kFunction, "rows of x", x.rows, 2);
  const GramApproximation<T> gram(map_, x, {}, execution);
  const FeatureSource<T>& source = gram.features();
  const Index features = source.num_features();
  const auto n = static_cast<double>(x.rows);
  const std::vector<double> mean = mean_features(kFunction, source);
  Matrix<double> covariance = feature_moments(source, execution);
  for (Index i = 0; i < features; ++i) {
    for (Index j = 0; j <= i; ++j) {
      covariance(i, j) = std::ldexp(covariance(i, j) / n, 2 * source.max_exponent()) -
                         mean[static_cast<std::size_t>(i)] * mean[static_cast<std::size_t>(j)];
    }
    total_variance_ += covariance(i, i);
  }
  const auto eigen = linalg::symmetric_eigen(covariance.view().middle_cols(0, features));
  if (!eigen) {
    throw InvalidArgument(std::string(kFunction) + ": the features overflow; scale them down");
  }
  const double floor =
      eigen->values.back() * static_cast<double>(features) * std::numeric_limits<T>::epsilon();
  Index kept = 0;
  while (kept < std::min(count, features) &&
         eigen->values[static_cast<std::size_t>(features - 1 - kept)] > std::max(floor, 0.0)) {
    ++kept;
  }
  directions_ = Matrix<double>(features, kept);
  for (Index k = 0; k < kept; ++k) {
    const Index from = features - 1 - k;
    variances_.push_back(eigen->values[static_cast<std::size_t>(from)]);
    Index largest = 0;
    for (Index j = 1; j < features; ++j) {
      if (std::abs(eigen->vectors(j, from)) > std::abs(eigen->vectors(largest, from))) largest = j;
    }
    const double sign = eigen->vectors(largest, from) < 0.0 ? -1.0 : 1.0;
    double offset = 0.0;
    for (Index j = 0; j < features; ++j) {
      directions_(j, k) = sign * eigen->vectors(j, from);
      offset += directions_(j, k) * mean[static_cast<std::size_t>(j)];
    }
    offset_.push_back(offset);
  }
}

template <Scalar T>
void KernelPrincipalComponents<T>::transform(MatrixView<const T> x, MatrixView<double> out,
                                             const Execution& execution) const {
  check_extents("KernelPrincipalComponents::transform", "out", out, x.rows, num_components(),
                "the rows of x, one column a component");
  if (x.rows == 0 || num_components() == 0) return;
  const GramApproximation<T> rows(map_, x, {}, execution);
  product("KernelPrincipalComponents::transform", rows.features(), plain(directions_), out,
          execution);
  for (Index i = 0; i < out.rows; ++i) {
    for (Index k = 0; k < out.cols; ++k) out(i, k) -= offset_[static_cast<std::size_t>(k)];
  }
}

template class KernelPrincipalComponents<float>;
template class KernelPrincipalComponents<double>;

}  // namespace bochner
