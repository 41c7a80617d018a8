// SPDX-License-Identifier: Apache-2.0
#include "client/regression/linear_models.hpp"

#include "client/regression/linear_model.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bochner::regression {
namespace {

constexpr const char* kOutputsPerModel = "outputs_per_model";

/// The same numbers in rows of `stride`.
Matrix<double> with_stride(const Matrix<double>& theta, Index columns, Index stride) {
  Matrix<double> out(theta.rows(), stride);
  for (Index j = 0; j < theta.rows(); ++j) std::copy_n(theta.row(j), columns, out.row(j));
  return out;
}

}  // namespace

template <Scalar T>
LinearModels<T>::LinearModels(const Door& door, FeatureMap<T> map, Matrix<double> theta,
                              std::vector<double> intercepts, Index num_outputs)
    : map_(std::move(map)),
      theta_(std::move(theta)),
      intercepts_(std::move(intercepts)),
      num_outputs_(num_outputs) {
  door.finite("the models' coefficients", std::as_const(theta_).view())
      .finite("the models' intercepts", intercepts_);
}

template <Scalar T>
void LinearModels<T>::save(Archive& archive) const {
  const auto columns = static_cast<Index>(intercepts_.size());
  LinearModel<T>(Door("save"), map_, with_stride(theta_, columns, columns), intercepts_)
      .save(archive);
  archive.metadata[kOutputsPerModel] = std::to_string(num_outputs_);
}

template <Scalar T>
LinearModels<T> LinearModels<T>::load(const Door& door, const Archive& archive) {
  const LinearModel<T> all = LinearModel<T>::load(door, archive);
  const Index outputs = archive.count(kOutputsPerModel);
  door.at_least(kOutputsPerModel, outputs, 1);
  if (all.num_outputs() % outputs != 0) {
    door.refuse("'" + std::string(kOutputsPerModel) +
                "' does not divide the number of coefficients");
  }
  return LinearModels(
      door, all.map(),
      with_stride(all.coefficients(), all.num_outputs(), simd::padded<double>(all.num_outputs())),
      all.intercepts(), outputs);
}

template class LinearModels<float>;
template class LinearModels<double>;

}  // namespace bochner::regression
