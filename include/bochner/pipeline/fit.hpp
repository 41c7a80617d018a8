// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/fit.hpp>
#include <bochner/client/regression/logistic_validation.hpp>
#include <bochner/client/regression/ridge_path.hpp>
#include <bochner/client/regression/search.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/watcher.hpp>
#include <bochner/estimator/feature_error.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>
#include <bochner/io/read_options.hpp>
#include <bochner/kernel/data_scale.hpp>
#include <bochner/pipeline/model.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// A model from a file of any size.

namespace bochner::pipeline {

enum class Task {
  regress,
  classify  ///< values of the target, numbers or words, are classes
};
constexpr std::array<std::string_view, 2> names_of(Task) { return {"regress", "classify"}; }

/// What is minimised beside the penalty.
enum class Objective {
  squared,  ///< squared errors: of targets, or of one output per class
  logistic  ///< minus the log-likelihood of the classes
};
constexpr std::array<std::string_view, 2> names_of(Objective) { return {"squared", "logistic"}; }

/// Columns that are no inputs: entries as `io::ColumnSelection` has them.
struct ColumnRoles {
  std::vector<std::string> targets;
  /// Their rows of equal values, words or numbers, are held out together; they are inputs only
  /// where the selection of inputs says so.
  std::vector<std::string> groups{};
  std::vector<std::string> weights{};  ///< how much each row counts: one column, or none
};

/// How what is left open is chosen.
struct SearchPlan {
  LengthscaleSearch lengthscales = LengthscaleSearch::per_column;
  Criterion criterion = Criterion::k_fold;
  Index num_folds = 5;
};

/// "5-fold", "loo", "gcv", "evidence".
BOCHNER_EXPORT std::string to_text(const SearchPlan& plan);

/// Which rows a model is fitted without, for intervals and label sets.
enum class HeldOut {
  none,  ///< the model has no intervals
  rows,  ///< each by itself: jackknife+, for a regression; each group, where rows come in groups
  folds  ///< CV+
};
constexpr std::array<std::string_view, 3> names_of(HeldOut) { return {"none", "rows", "folds"}; }

/// What is kept for prediction intervals and label sets. The rows are held in memory, with the sums
/// of every fold; the model grows by a set of coefficients per fold, or per row.
struct IntervalPlan {
  HeldOut held_out = HeldOut::none;
  Index num_folds = 10;
};

/// "none", "loo", "10-fold".
BOCHNER_EXPORT std::string to_text(const IntervalPlan& plan);

/// Whether the fit is studied: a path of ridges, and rows predicted without themselves.
enum class StudyFit { none, path_and_left_out };
constexpr std::array<std::string_view, 2> names_of(StudyFit) {
  return {"none", "path-and-left-out"};
}

/// A request that is wrong in itself or does not go with the columns of its file.
class BOCHNER_EXPORT InvalidRequest : public InvalidArgument {
 public:
  using InvalidArgument::InvalidArgument;
  ~InvalidRequest() override;
};

/// Whether a fit that was stopped goes on from its checkpoint.
enum class Resume {
  no,            ///< a checkpoint that is there is refused
  if_unfinished  ///< go on from the checkpoint, if there is one
};
constexpr std::array<std::string_view, 2> names_of(Resume) { return {"no", "if-unfinished"}; }

struct FitRequest {
  std::string data;  ///< as `io::read_table` takes it; what is no regular file is copied first
  /// `columns`, by entries of `keep` and `drop`, are the inputs; empty: all columns that have no
  /// other role. Members that code columns or carry text are refused.
  io::ReadOptions reading{};
  ColumnRoles columns;
  Task task = Task::regress;
  Objective objective = Objective::squared;
  /// input_dim is the file's. Inputs are standardised, so that lengthscales are in deviations.
  FeatureMapSpec spec{.num_frequencies = 1024,
                      .kernel = GaussianKernel{},
                      .projection = OrthogonalProjection{},
                      .features = TrigonometricFeatures{},
                      .seed = {1}};
  ScaleRule scale{GivenScale{}};  ///< where no lengthscales are searched
  SearchPlan search{};
  std::optional<double> ridge{};  ///< nothing: searched
  Posterior posterior = Posterior::mean;
  IntervalPlan intervals{};
  /// How other draws of the frequencies are imitated, for the errors of a regression's predictions
  /// over draws (RidgeFeatureErrors): at most 64 factorisations more, or one per replicate, and as
  /// many sets of coefficients in the model. Nothing: the model has no feature errors.
  std::optional<FeatureErrorOptions> feature_errors{};
  /// `cholesky`: one pass over the rows and D^2 numbers; `conjugate_gradients`: a pass per
  /// iteration and D^2 / 16; `automatic`: the former up to 8,192 features.
  Solver solver = Solver::automatic;
  Arithmetic arithmetic = Arithmetic::single_precision;  ///< of the features
  StudyFit study = StudyFit::none;
  /// The model's file; empty: none is written, and there are no checkpoints.
  std::string output{};
  /// Time between checkpoints, in OUTPUT.checkpoint0 and OUTPUT.checkpoint1.
  std::chrono::duration<double> checkpoint_interval{60.0};
  Resume resume = Resume::no;
  Execution execution{};
};

/// Whether the kernel's lengthscales are searched: where that was asked for and it has some.
BOCHNER_EXPORT bool searches_lengthscales(const FitRequest& request);

/// A target, and what a model that has not seen its row predicts.
struct PredictedRow {
  double truth = 0.0;
  double prediction = 0.0;
};

/// What is looked at beside the model.
struct FitStudy {
  /// GCV, evidence and degrees of freedom of ridges around the one that was chosen, on all rows.
  std::optional<RidgePath> path;
  std::vector<PredictedRow> left_out;  ///< first target, of rows drawn at random
};

/// What was searched for, if anything.
struct FitSearch {
  std::optional<SearchResult> kernel;       ///< kernel and ridge by least squares
  std::optional<LogisticValidation> ridge;  ///< of a logistic regression
};

/// What happened.
struct FitOutcome {
  std::string layout;                 ///< of the file: "CSV, comma, header, 9 columns"
  std::vector<std::string> constant;  ///< inputs that are always the same
  Index resumed_rows = 0;             ///< rows that a checkpoint had
  double seconds = 0.0;               ///< of this process
  std::optional<LogisticReport> logistic;
  std::optional<FitReport> iterative;
  FitSearch search;
  FitStudy study;
};

struct Fitted {
  Model model;
  FitOutcome outcome;
};

/// Fits a model to the rows of a file:
///   const pipeline::Fitted fitted = pipeline::fit({.data = "train.csv",
///                                                  .columns = {.targets = {"price"}}});
/// Reads the file twice, by blocks of rows: once for means, deviations and rows to search on, once
/// for the sums of least squares, whose size does not depend on the number of rows (a logistic
/// regression and intervals hold the rows, conjugate gradients a temporary file of them). The same
/// bits come for any number of threads and of interruptions. `watcher` is asked whether to stop
/// between blocks of rows and between candidates of a search; Interrupted is thrown then, and the
/// sums are saved where there are checkpoints. `before_writing`, if there is one, is called with
/// the result before the model's file appears: what it throws leaves the old file and the
/// checkpoint. Throws InvalidRequest; FileError for what is wrong with the file, naming the place,
/// and for rows or matrices larger than this process's memory may be; InvalidArgument for what
/// cannot be solved.
BOCHNER_EXPORT Fitted fit(const FitRequest& request, Watcher* watcher = nullptr,
                          const std::function<void(const Fitted&)>& before_writing = {});

}  // namespace bochner::pipeline
