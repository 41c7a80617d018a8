// SPDX-License-Identifier: Apache-2.0
#include "client/regression/held_out_models.hpp"

#include "core/archive_entries.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bochner::regression {
namespace {

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
HeldOutModels<T>::HeldOutModels(const Door& door, LinearModels<T> models, ScoredRows rows)
    : models_(std::move(models)), rows_(std::move(rows)) {
  door.finite("the held-out scores", std::as_const(rows_.scores).view());
  for (Index kind = 0; kind < rows_.scores.cols(); ++kind) {
    sorted_.emplace_back(rows_, kind, num_models());
  }
}

template <Scalar T>
HeldOutModels<T>::HeldOutModels(const Door& door, FeatureMap<T> map, HeldOutFit fit,
                                Matrix<double> scores)
    : HeldOutModels(door,
                    LinearModels<T>(door, std::move(map), std::move(fit.theta),
                                    std::move(fit.intercepts), fit.outputs.cols()),
                    {std::move(scores), std::move(fit.model), std::move(fit.share)}) {}

template <Scalar T>
double HeldOutModels<T>::total_share() const noexcept {
  double sum = 0.0;
  for (const double share : rows_.share) sum += share;
  return sum;
}

template <Scalar T>
void HeldOutModels<T>::save(Archive& archive) const {
  models_.save(archive);
  archive.metadata[kHeldOutRows] = std::to_string(num_rows());
  archive.metadata[kKindsOfScore] = std::to_string(rows_.scores.cols());
  archive.arrays.insert_or_assign(kHeldOutScores, rows_.scores);
  archive.arrays.insert_or_assign(
      kHeldOutModel, row_matrix(std::vector<double>(rows_.model.begin(), rows_.model.end())));
  archive.arrays.insert_or_assign(kHeldOutShare, row_matrix(rows_.share));
}

template <Scalar T>
HeldOutModels<T> HeldOutModels<T>::load(const Door& door, const Archive& archive) {
  LinearModels<T> models = LinearModels<T>::load(door, archive);
  const Index rows = archive.count(kHeldOutRows);
  const Index kinds = archive.count(kKindsOfScore);
  door.at_least(kHeldOutRows, rows, 2).at_least(kKindsOfScore, kinds, 1);
  ScoredRows scored;
  scored.model = models_of(door, load_vector(archive, kHeldOutModel, rows), models.num_models());
  scored.share = load_vector(archive, kHeldOutShare, rows);
  double sum = 0.0;
  for (const double share : scored.share) {
    if (!(share > 0.0))
      door.refuse("'" + std::string(kHeldOutShare) + "' holds a share that is not positive");
    sum += share;
  }
  if (!(sum < 1.0)) door.refuse("'" + std::string(kHeldOutShare) + "' comes to 1 or more");
  scored.scores = archive.array<double>(kHeldOutScores, rows, kinds);
  return HeldOutModels(door, std::move(models), std::move(scored));
}

template class HeldOutModels<float>;
template class HeldOutModels<double>;

}  // namespace bochner::regression
