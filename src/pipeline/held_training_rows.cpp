// SPDX-License-Identifier: Apache-2.0
#include "pipeline/held_training_rows.hpp"

#include "core/memory.hpp"
#include "pipeline/leaving.hpp"
#include "pipeline/training_blocks.hpp"
#include "pipeline/training_folds.hpp"

#include <algorithm>

namespace bochner::pipeline {

template <Scalar T>
std::vector<Index> HeldTrainingRows<T>::labels() const {
  std::vector<Index> out;
  out.reserve(static_cast<std::size_t>(targets.rows()));
  for (Index i = 0; i < targets.rows(); ++i) out.push_back(static_cast<Index>(targets(i, 0)));
  return out;
}

template <Scalar T>
HeldTrainingRows<T> hold_rows(const TrainingFile& file, const TrainingSummary& summary,
                              const FitPlan& plan) {
  const Index groups = file.groups().count();
  require_memory(file.path(), static_cast<double>(summary.rows) *
                                  (static_cast<double>(file.num_inputs() + 1) * sizeof(T) +
                                   8.0 * static_cast<double>(file.num_targets() + groups)));
  HeldTrainingRows<T> held{Matrix<T>(summary.rows, file.num_inputs()),
                           Matrix<double>(summary.rows, file.num_targets()),
                           {},
                           Matrix<double>(summary.rows, groups)};
  TrainingBlocks<T> blocks(file, summary, plan.standardisation);
  Index done = 0;
  while (blocks.next()) {
    leave_if_asked(plan.watcher, "while reading the rows");
    const StandardisedRows<T>& rows = blocks.rows();
    std::copy_n(rows.x.data(), rows.x.size(), held.x.row(done));
    std::copy_n(rows.targets.data(), rows.targets.size(), held.targets.row(done));
    held.weights.insert(held.weights.end(), rows.weights.begin(), rows.weights.end());
    const Matrix<double> of_block = group_values(file, blocks.block());
    for (Index i = 0; i < blocks.num_rows(); ++i, ++done) {
      if (!rows.weights.empty() && !(rows.weights[static_cast<std::size_t>(i)] > T{0})) continue;
      for (Index c = 0; c < groups; ++c) held.groups(done, c) = of_block(i, c);
    }
  }
  return held;
}

template struct HeldTrainingRows<float>;
template struct HeldTrainingRows<double>;
template HeldTrainingRows<float> hold_rows(const TrainingFile&, const TrainingSummary&,
                                           const FitPlan&);
template HeldTrainingRows<double> hold_rows(const TrainingFile&, const TrainingSummary&,
                                            const FitPlan&);

}  // namespace bochner::pipeline
