// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evaluate.hpp"

#include "bochner/core/error.hpp"
#include "io/npz.hpp"
#include "pipeline/baselines.hpp"
#include "pipeline/held_rows.hpp"
#include "pipeline/uniform_sample.hpp"
#include "pipeline/weights.hpp"

#include <algorithm>

namespace bochner::pipeline {
namespace {

constexpr const char* kOurs = "random features";

/// Where weights stand in a row, if it has any.
Index weight_column(const Model& model) {
  return static_cast<Index>(model.inputs.size() + model.targets.size());
}

/// Sums over rows of outputs beside what they should be.
class Tally {
 public:
  explicit Tally(const Model& model)
      : model_(model),
        errors_(model.classes.empty() ? model.targets.size() : 0),
        shown_(2, kMostShownRows, Seed{}) {
    if (!model.classes.empty()) classes_.emplace(model.num_outputs());
  }

  void add(MatrixView<const double> outputs, MatrixView<const double> truth,
           const std::vector<double>& weights) {
    for (Index i = 0; i < outputs.rows; ++i) {
      const double weight = weights[static_cast<std::size_t>(i)];
      if (classes_) {
        add_class(outputs, truth, i, weight);
      } else if (weight != 0.0) {
        add_targets(outputs, truth, i, weight);
      }
    }
  }

  /// Metrics, classes and the rows to show.
  void report(Evaluation& out) const {
    const std::string& target = model_.targets.front();
    if (classes_) {
      out.metrics.push_back({kOurs, target, "error rate", classes_->error_rate()});
      out.metrics.push_back({kOurs, target, "accuracy", classes_->accuracy()});
      if (model_.probabilistic()) {
        out.metrics.push_back({kOurs, target, "log loss", classes_->log_loss()});
      }
    }
    report(kOurs, out);
    const Matrix<double> drawn = shown_.rows();
    for (Index i = 0; i < drawn.rows(); ++i) out.shown.push_back({drawn(i, 0), drawn(i, 1)});
    out.classes = classes_;
  }

  /// The metrics of a regression, as those of `name`.
  void report(const std::string& name, Evaluation& out) const {
    for (std::size_t c = 0; c < errors_.size(); ++c) {
      const std::string& target = model_.targets[c];
      out.metrics.push_back({name, target, "RMSE", errors_[c].root_mean_square()});
      out.metrics.push_back({name, target, "MAE", errors_[c].mean_absolute()});
      out.metrics.push_back({name, target, "R2", errors_[c].r_squared()});
    }
  }

 private:
  void add_class(MatrixView<const double> outputs, MatrixView<const double> truth, Index i,
                 double weight) {
    const auto code = static_cast<Index>(truth(i, 0));
    classes_->add(code, largest(outputs, i), weight);
    if (!model_.probabilistic()) return;
    classes_->add_probability(code < outputs.cols ? outputs(i, code) : 0.0, weight);
  }

  void add_targets(MatrixView<const double> outputs, MatrixView<const double> truth, Index i,
                   double weight) {
    for (Index c = 0; c < truth.cols; ++c) {
      errors_[static_cast<std::size_t>(c)].add(truth(i, c), outputs(i, c), weight);
    }
    const double row[] = {truth(i, 0), outputs(i, 0)};
    shown_.offer(row);
  }

  const Model& model_;
  std::vector<RegressionErrors> errors_;  ///< one per target; empty for classes
  std::optional<ClassificationErrors> classes_;
  UniformSample shown_;
};

void require_weight(const std::string& file, Index rows, Index counted) {
  if (rows == 0) throw FileError(file + ": has no rows");
  if (counted == 0) throw FileError(file + ": every weight is 0");
}

Index positive(const std::vector<double>& weights) {
  return std::count_if(weights.begin(), weights.end(), [](double w) { return w > 0.0; });
}

/// Linear ridge and exact kernel ridge, fitted to the rows of a file, on `rows`.
void add_baselines(const Model& model, const EvaluationRequest& request,
                   MatrixView<const double> rows, const std::vector<double>& row_weights,
                   Evaluation& out) {
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  const auto reader = open_for(model, io::open_source(request.training), request.reading,
                               evaluated_columns(request.weights));
  HeldRows held(reader->file(), reader->cols());
  std::vector<double> weights;
  io::for_each_block(*reader, io::rows_at_a_time(reader->cols()), [&](MatrixView<double> block) {
    held.add(block);
    const std::vector<double> of_block = weights_of(*reader, weight_column(model), block);
    weights.insert(weights.end(), of_block.begin(), of_block.end());
  });
  require_weight(reader->file(), static_cast<Index>(weights.size()), positive(weights));
  const Matrix<double> training = held.rows();
  for (const Baseline& baseline :
       baselines(model, training.view(), weights, rows.middle_cols(0, inputs), request.execution)) {
    Tally tally(model);
    tally.add(baseline.predictions.view(), rows.middle_cols(inputs, targets), row_weights);
    tally.report(baseline.name, out);
  }
}

}  // namespace

UsedColumns evaluated_columns(const std::string& weights) {
  return {.targets = UsedColumns::Targets::all, .weights = weights};
}

Evaluation evaluate(const Model& model, io::RowReader& reader, const EvaluationRequest& request) {
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  Evaluation out;
  Tally tally(model);
  HeldRows held(reader.file(), reader.cols());
  std::vector<double> held_weights;
  io::for_each_block(reader, io::rows_at_a_time(reader.cols()), [&](MatrixView<double> rows) {
    const std::vector<double> weights = weights_of(reader, weight_column(model), rows);
    blank_weightless(rows, weights, model.standardisation.centre);
    const MatrixView<const double> x = rows.middle_cols(0, inputs);
    const Matrix<double> outputs =
        naming_rows(model, reader, x, [&] { return model.outputs(x, request.execution); });
    tally.add(outputs.view(), rows.middle_cols(inputs, targets), weights);
    out.rows += rows.rows;
    out.counted += positive(weights);
    if (request.training.empty()) return;
    held.add(rows);
    held_weights.insert(held_weights.end(), weights.begin(), weights.end());
  });
  require_weight(reader.file(), out.rows, out.counted);
  tally.report(out);
  out.digest = reader.digest();
  if (!request.training.empty()) {
    const Matrix<double> rows = held.rows();
    add_baselines(model, request, rows.view(), held_weights, out);
  }
  return out;
}

}  // namespace bochner::pipeline
