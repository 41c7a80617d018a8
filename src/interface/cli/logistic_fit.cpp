// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/logistic_fit.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/memory.hpp"
#include "interface/cli/stopwatch.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace bochner::cli {
template <Scalar T>
LogisticRegression<T> fit_logistic(const TrainingFile& file, const TrainingSummary& summary,
                                   const FitPlan& plan, FitOutcome& outcome) {
  const Index inputs = file.num_inputs();
  require_memory(file.path(),
                 static_cast<double>(summary.rows) * static_cast<double>(inputs + 1) * sizeof(T));
  const Stopwatch watch;
  Matrix<T> x(summary.rows, inputs);
  std::vector<Index> labels;
  labels.reserve(static_cast<std::size_t>(summary.rows));
  const auto reader = reopen(file, summary);
  Matrix<double> block(io::rows_at_a_time(reader->cols()), reader->cols());
  for (Index got = block.rows(); got == block.rows();) {
    got = reader->read(block.view());
    const auto first = static_cast<Index>(labels.size());
    const Index room = std::min(got, summary.rows - first);
    const MatrixView<const double> rows = std::as_const(block).view().middle_rows(0, room);
    plan.standardisation.apply<T>(rows.middle_cols(0, inputs), x.view().middle_rows(first, room));
    for (Index i = 0; i < room; ++i) labels.push_back(static_cast<Index>(rows(i, inputs)));
  }
  if (reader->digest() != summary.digest) {
    throw FileError(file.path() + ": changed while it was read");
  }
  LogisticRegression<T> model(
      FeatureMap<T>(plan.spec), {std::as_const(x).view(), labels}, num_classes(summary),
      {.ridge = plan.ridge.ridge, .intercept = plan.ridge.intercept}, plan.execution);
  outcome.seconds = watch.seconds();
  outcome.logistic = model.report();
  return model;
}

template LogisticRegression<float> fit_logistic(const TrainingFile&, const TrainingSummary&,
                                                const FitPlan&, FitOutcome&);
template LogisticRegression<double> fit_logistic(const TrainingFile&, const TrainingSummary&,
                                                 const FitPlan&, FitOutcome&);

}  // namespace bochner::cli
