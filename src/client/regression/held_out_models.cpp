// SPDX-License-Identifier: Apache-2.0
#include "client/regression/held_out_models.hpp"

#include "client/regression/linear_model.hpp"
#include "core/archive_entries.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bochner::regression {
namespace {

constexpr const char* kOutputsPerModel = "outputs_per_model";
constexpr const char* kHeldOutRows = "held_out_rows";
constexpr const char* kHeldOutScores = "held_out_scores";
constexpr const char* kHeldOutModel = "held_out_model";
constexpr const char* kHeldOutShare = "held_out_share";
constexpr const char* kKindsOfScore = "kinds_of_score";

/// Whole numbers in [0, models).
std::vector<Index> models_of(const Door& door, const std::vector<double>& numbers, Index models) {
  std::vector<Index> out;
  for (const double number : numbers) {
    const auto model = static_cast<Index>(std::clamp(number, -1.0, static_cast<double>(models)));
    if (model < 0 || model >= models || static_cast<double>(model) != number) {
      door.refuse("'" + std::string(kHeldOutModel) + "' holds no numbers of models");
    }
    out.push_back(model);
  }
  return out;
}

}  // namespace

template <Scalar T>
HeldOutModels<T>::HeldOutModels(const Door& door, FeatureMap<T> map, HeldOutFit fit,
                                Matrix<double> scores)
    : map_(std::move(map)),
      num_outputs_(fit.outputs.cols()),
      theta_(std::move(fit.theta)),
      intercepts_(std::move(fit.intercepts)),
      rows_{std::move(scores), std::move(fit.model), std::move(fit.share)} {
  door.finite("the held-out coefficients", std::as_const(theta_).view())
      .finite("the held-out intercepts", intercepts_)
      .finite("the held-out scores", std::as_const(rows_.scores).view());
  for (Index kind = 0; kind < rows_.scores.cols(); ++kind) {
    sorted_.emplace_back(rows_, kind, num_models());
  }
}

template <Scalar T>
double HeldOutModels<T>::total_share() const noexcept {
  double sum = 0.0;
  for (const double share : rows_.share) sum += share;
  return sum;
}

template <Scalar T>
void HeldOutModels<T>::save(Archive& archive) const {
  const auto columns = static_cast<Index>(intercepts_.size());
  Matrix<double> theta(theta_.rows(), columns);
  for (Index j = 0; j < theta.rows(); ++j) std::copy_n(theta_.row(j), columns, theta.row(j));
  LinearModel<T>(Door("save"), map_, std::move(theta), intercepts_).save(archive);
  archive.metadata[kOutputsPerModel] = std::to_string(num_outputs_);
  archive.metadata[kHeldOutRows] = std::to_string(num_rows());
  archive.metadata[kKindsOfScore] = std::to_string(rows_.scores.cols());
  archive.arrays.insert_or_assign(kHeldOutScores, rows_.scores);
  archive.arrays.insert_or_assign(
      kHeldOutModel, row_matrix(std::vector<double>(rows_.model.begin(), rows_.model.end())));
  archive.arrays.insert_or_assign(kHeldOutShare, row_matrix(rows_.share));
}

template <Scalar T>
HeldOutModels<T> HeldOutModels<T>::load(const Door& door, const Archive& archive) {
  const LinearModel<T> models = LinearModel<T>::load(door, archive);
  const Index outputs = archive.count(kOutputsPerModel);
  const Index rows = archive.count(kHeldOutRows);
  const Index kinds = archive.count(kKindsOfScore);
  door.at_least(kOutputsPerModel, outputs, 1)
      .at_least(kHeldOutRows, rows, 2)
      .at_least(kKindsOfScore, kinds, 1);
  if (models.num_outputs() % outputs != 0) {
    door.refuse("'" + std::string(kOutputsPerModel) +
                "' does not divide the number of coefficients");
  }
  HeldOutFit fit;
  fit.outputs = Matrix<double>(0, outputs);
  fit.intercepts = models.intercepts();
  fit.theta =
      Matrix<double>(models.coefficients().rows(), simd::padded<double>(models.num_outputs()));
  for (Index j = 0; j < fit.theta.rows(); ++j) {
    std::copy_n(models.coefficients().row(j), models.num_outputs(), fit.theta.row(j));
  }
  fit.model =
      models_of(door, load_vector(archive, kHeldOutModel, rows), models.num_outputs() / outputs);
  fit.share = load_vector(archive, kHeldOutShare, rows);
  double sum = 0.0;
  for (const double share : fit.share) {
    if (!(share > 0.0))
      door.refuse("'" + std::string(kHeldOutShare) + "' holds a share that is not positive");
    sum += share;
  }
  if (!(sum < 1.0)) door.refuse("'" + std::string(kHeldOutShare) + "' comes to 1 or more");
  return HeldOutModels(door, models.map(), std::move(fit),
                       archive.array<double>(kHeldOutScores, rows, kinds));
}

template class HeldOutModels<float>;
template class HeldOutModels<double>;

}  // namespace bochner::regression
