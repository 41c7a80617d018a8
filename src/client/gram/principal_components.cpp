// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/principal_components.hpp"

#include "client/gram/centred_features.hpp"
#include "client/gram/feature_products.hpp"
#include "client/gram/null_law.hpp"
#include "core/door.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kKernelPrincipalComponents("KernelPrincipalComponents");

/// D x k as the columns that `product` takes.
ScaledColumns plain(const Matrix<double>& values) {
  return {values, std::vector<std::int64_t>(static_cast<std::size_t>(values.cols()))};
}

}  // namespace

template <Scalar T>
KernelPrincipalComponents<T>::KernelPrincipalComponents(FeatureMap<T> map, MatrixView<const T> x,
                                                        Index count, const Execution& execution)
    : map_(std::move(map)) {
  kKernelPrincipalComponents.at_least("count", count, 1)
      .at_least("the number of rows of x", x.rows, 2);
  const GramApproximation<T> gram(map_, x, {}, execution);
  mean_ = mean_features(kKernelPrincipalComponents, gram.features());
  const FeatureSource<T> source(gram.features(), mean_);
  const Index features = source.num_features();
  const Matrix<double> covariance = second_moments(source, static_cast<double>(x.rows), execution);
  double square = 0.0;  // mean |phi|^2
  for (Index i = 0; i < features; ++i) {
    total_variance_ += covariance(i, i);
    square += mean_[static_cast<std::size_t>(i)] * mean_[static_cast<std::size_t>(i)];
  }
  square += total_variance_;
  const auto eigen = linalg::symmetric_eigen(covariance.view().middle_cols(0, features));
  if (!eigen) {
    kKernelPrincipalComponents.refuse("the features overflow; scale them down");
  }
  // Rounding errors of the sums, and of the features themselves.
  constexpr double kRounding = std::numeric_limits<T>::epsilon();
  const double floor = static_cast<double>(features) * kRounding *
                       std::max(eigen->values.back(), kRounding * square);
  Index kept = 0;
  while (kept < std::min(count, features) &&
         eigen->values[static_cast<std::size_t>(features - 1 - kept)] > floor) {
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
    for (Index j = 0; j < features; ++j) directions_(j, k) = sign * eigen->vectors(j, from);
  }
}

template <Scalar T>
void KernelPrincipalComponents<T>::transform(MatrixView<const T> x, MatrixView<double> out,
                                             const Execution& execution) const {
  constexpr Door kDoor("KernelPrincipalComponents::transform");
  kDoor.shape("out", out, x.rows, num_components(), "rows of x, one column per component");
  if (x.rows == 0 || num_components() == 0) return;
  const GramApproximation<T> rows(map_, x, {}, execution);
  product(kDoor, FeatureSource<T>(rows.features(), mean_), plain(directions_), out, execution);
}

template class KernelPrincipalComponents<float>;
template class KernelPrincipalComponents<double>;

}  // namespace bochner
