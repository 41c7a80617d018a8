// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/prediction_intervals.hpp"

#include "client/regression/held_out_models.hpp"
#include "core/archive_entries.hpp"

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace bochner {
namespace {

constexpr Door kPredictionIntervals("PredictionIntervals");
constexpr std::string_view kIntervalsKind = "prediction_intervals";

/// What the models without a row are wrong by on it.
template <Scalar T>
std::shared_ptr<const regression::HeldOutModels<T>> with_residuals(const FeatureMap<T>& map,
                                                                   const TrainingRows<T>& rows,
                                                                   regression::HeldOutFit fit) {
  Matrix<double> scores(fit.outputs.rows(), fit.outputs.cols());
  for (Index i = 0; i < scores.rows(); ++i) {
    const Index row = fit.row[static_cast<std::size_t>(i)];
    for (Index c = 0; c < scores.cols(); ++c) {
      scores(i, c) = std::abs(rows.targets(row, c) - fit.outputs(i, c));
    }
  }
  return std::make_shared<const regression::HeldOutModels<T>>(kPredictionIntervals, map,
                                                              std::move(fit), std::move(scores));
}

}  // namespace

template <Scalar T>
PredictionIntervals<T>::PredictionIntervals(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                                            const RidgeOptions& options, const Execution& execution)
    : held_out_(with_residuals(
          map, rows,
          regression::ridge_without_rows(kPredictionIntervals, map, rows, options, execution))) {}

template <Scalar T>
PredictionIntervals<T>::PredictionIntervals(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                                            const Folds& folds, const RidgeOptions& options,
                                            const Execution& execution)
    : held_out_(with_residuals(map, rows,
                               regression::ridge_without_folds(kPredictionIntervals, map, rows,
                                                               folds, options, execution))) {}

template <Scalar T>
PredictionIntervals<T>::PredictionIntervals(
    std::shared_ptr<const regression::HeldOutModels<T>> held_out)
    : held_out_(std::move(held_out)) {}

template <Scalar T>
const FeatureMap<T>& PredictionIntervals<T>::map() const noexcept {
  return held_out_->map();
}

template <Scalar T>
Index PredictionIntervals<T>::num_targets() const noexcept {
  return held_out_->num_outputs();
}

template <Scalar T>
Index PredictionIntervals<T>::num_rows() const noexcept {
  return held_out_->num_rows();
}

template <Scalar T>
Index PredictionIntervals<T>::num_models() const noexcept {
  return held_out_->num_models();
}

template <Scalar T>
double PredictionIntervals<T>::highest_level() const noexcept {
  return held_out_->total_share();
}

template <Scalar T>
void PredictionIntervals<T>::predict(MatrixView<const T> x, double level, MatrixView<double> lower,
                                     MatrixView<double> upper, const Execution& execution) const {
  constexpr Door kPredict("PredictionIntervals::predict");
  const Index t = num_targets();
  kPredict.columns("x", x, map().input_dim(), "the map's input_dim")
      .fraction("level", level)
      .shape("lower", lower, x.rows, t, "rows of x, num_targets")
      .shape("upper", upper, x.rows, t, "rows of x, num_targets")
      .apart("lower", memory_grid(lower), "x", memory_grid(x))
      .apart("upper", memory_grid(upper), "x", memory_grid(x))
      .apart("upper", memory_grid(upper), "lower", memory_grid(lower));
  held_out_->each_block(kPredict, x, execution,
                        [&](Index first, Index rows, MatrixView<const double> outputs) {
                          for (Index r = 0; r < rows; ++r) {
                            for (Index c = 0; c < t; ++c) {
                              const regression::HeldOutScores& residuals = held_out_->scores(c);
                              const double* const centres = &outputs(r, c);
                              lower(first + r, c) = -residuals.quantile(centres, t, -1.0, level);
                              upper(first + r, c) = residuals.quantile(centres, t, 1.0, level);
                            }
                          }
                        });
}

template <Scalar T>
Archive PredictionIntervals<T>::save() const {
  Archive archive;
  archive.metadata = {{"kind", std::string(kIntervalsKind)}};
  held_out_->save(archive);
  require_finite(archive);
  return archive;
}

template <Scalar T>
PredictionIntervals<T> PredictionIntervals<T>::load(const Archive& archive) {
  constexpr Door kLoad("PredictionIntervals::load");
  require_kind(kLoad, archive, kIntervalsKind);
  auto held_out = std::make_shared<const regression::HeldOutModels<T>>(
      regression::HeldOutModels<T>::load(kLoad, archive));
  if (held_out->num_kinds() != held_out->num_outputs()) {
    kLoad.refuse("the archive does not hold residuals of every target");
  }
  return PredictionIntervals(std::move(held_out));
}

template class PredictionIntervals<float>;
template class PredictionIntervals<double>;

}  // namespace bochner
