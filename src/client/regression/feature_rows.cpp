// SPDX-License-Identifier: Apache-2.0
#include "client/regression/feature_rows.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace bochner::regression {

template <Scalar T>
void FeatureRows<T>::compute(const Door& door, MatrixView<const T> x, Index first_row,
                             double* phi) {
  map_->features(Side::query, x, features_.data(), exponent_.data(), workspace_);
  if (const auto reason = BlockMap<T>::refusal(x, first_row, workspace_)) {
    door.refuse("x: " + *reason);
  }
  constexpr int kLargest = std::numeric_limits<double>::max_exponent / 4;
  for (Index r = 0; r < x.rows; ++r) {
    const std::int32_t exponent = exponent_[static_cast<std::size_t>(r)];
    if (exponent > kLargest) {
      door.refuse("x: the features of row " + std::to_string(first_row + r) + " reach 2^" +
                  std::to_string(exponent) +
                  ", and sums of their squares overflow; scale the inputs down");
    }
    const T* const from = features_.row(r);
    double* const row = phi + r * feature_stride(map_->num_features());
    for (Index j = 0; j < map_->num_features(); ++j) row[j] = static_cast<double>(from[j]);
    if (exponent == 0) continue;
    for (Index j = 0; j < map_->num_features(); ++j) row[j] = std::ldexp(row[j], exponent);
  }
}

template class FeatureRows<float>;
template class FeatureRows<double>;

}  // namespace bochner::regression
