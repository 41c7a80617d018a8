// SPDX-License-Identifier: Apache-2.0
#include "client/regression/feature_rows.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace bochner::regression {

template <Scalar T>
void FeatureRows<T>::compute(const char* function, MatrixView<const T> x, Index first_row, T* phi) {
  map_->features(Side::query, x, phi, exponent_.data(), workspace_);
  if (const auto reason = BlockMap<T>::refusal(x, first_row, workspace_)) {
    throw InvalidArgument(std::string(function) + ": x: " + *reason);
  }
  for (Index r = 0; r < x.rows; ++r) {
    const std::int32_t exponent = exponent_[static_cast<std::size_t>(r)];
    if (exponent == 0) continue;
    if (exponent > std::numeric_limits<T>::max_exponent / 2) {
      throw InvalidArgument(std::string(function) + ": x: the features of row " +
                            std::to_string(first_row + r) + " reach 2^" + std::to_string(exponent) +
                            ", and their squares overflow; scale the inputs down");
    }
    T* const row = phi + r * map_->ld();
    for (Index j = 0; j < map_->num_features(); ++j) row[j] = std::ldexp(row[j], exponent);
  }
}

template class FeatureRows<float>;
template class FeatureRows<double>;

}  // namespace bochner::regression
