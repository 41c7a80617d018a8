// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/label_sets.hpp>
#include <bochner/client/regression/logistic_regression.hpp>
#include <bochner/client/regression/prediction_intervals.hpp>
#include <bochner/client/regression/ridge_feature_errors.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/io/read_options.hpp>
#include <bochner/pipeline/standardisation.hpp>

#include <string>
#include <variant>
#include <vector>

/// \file
/// What a fit to a file makes: a regression, and how the columns of a file become its inputs.

namespace bochner::pipeline {

struct BOCHNER_EXPORT Model {
  std::vector<std::string> inputs;   ///< names of columns, or numbers from 1
  std::vector<std::string> targets;  ///< likewise
  /// Where inputs and targets stood in the file, counted from 0; empty in a model that does not
  /// say.
  std::vector<Index> places;
  bool named = true;  ///< whether the file named its columns
  /// Columns of the file, used or not; 0 in a model that does not say.
  Index file_columns = 0;
  std::vector<std::string> classes;  ///< in order, one per output; empty for a regression
  Standardisation standardisation;
  std::string data_digest;  ///< SHA-256 of the file it was fitted to
  Index num_rows = 0;       ///< of that file
  std::variant<RidgeRegression<float>, RidgeRegression<double>, LogisticRegression<float>,
               LogisticRegression<double>>
      regression;
  /// Of a regression fitted with intervals, of classes with label sets, or nothing.
  std::variant<std::monostate, PredictionIntervals<float>, PredictionIntervals<double>,
               LabelSets<float>, LabelSets<double>>
      held_out{};
  /// Of a regression fitted with feature errors, or nothing.
  std::variant<std::monostate, RidgeFeatureErrors<float>, RidgeFeatureErrors<double>>
      feature_errors{};

  /// Whether inputs and targets are all columns of the file.
  bool knows_all_columns() const;
  const FeatureMapSpec& spec() const;
  double ridge() const;
  Index num_outputs() const;
  /// Whether the outputs are probabilities of the classes.
  bool probabilistic() const;
  /// Whether variances are to be had: a regression with its whole posterior.
  bool has_posterior() const;
  /// n x num_outputs from n x inputs raw rows: targets, or for classes a score or a probability
  /// each. O(n (m d + D t)). Throws InvalidArgument for rows of another width, and naming row and
  /// column for a number that the map does not accept.
  Matrix<double> outputs(MatrixView<const double> rows, const Execution& execution = {}) const;
  /// n x 2 num_outputs: outputs, then their posterior variances, O(n D^2). Throws as `outputs`, and
  /// without `has_posterior`.
  Matrix<double> outputs_and_variances(MatrixView<const double> rows,
                                       const Execution& execution = {}) const;
  /// Whether errors over draws of the frequencies are to be had.
  bool has_feature_errors() const;
  /// n x 2 num_outputs: outputs, then their standard errors over draws of the frequencies
  /// (RidgeFeatureErrors). Throws as `outputs`, and without `has_feature_errors`.
  Matrix<double> outputs_and_feature_errors(MatrixView<const double> rows,
                                            const Execution& execution = {}) const;
  /// Whether intervals or label sets are to be had.
  bool has_intervals() const;
  /// Of a regression n x 3 num_outputs: outputs, then lower and upper ends of the intervals that
  /// hold a new row's targets with probability about `level`, each by itself (PredictionIntervals),
  /// which are infinite where the rows are too few for the level. Of classes n x 2 num_outputs:
  /// outputs, then 1 for the classes in the set of that level and 0 for the others (LabelSets).
  /// Throws as `outputs`, on a level outside (0, 1), and without `has_intervals`.
  Matrix<double> outputs_and_intervals(MatrixView<const double> rows, double level,
                                       const Execution& execution = {}) const;
};

/// Throws InvalidArgument for a model that nothing could read: members whose sizes do not match,
/// names that are not UTF-8, an array that is not finite.
BOCHNER_EXPORT Archive to_archive(const Model& model);

/// The model of which `to_archive` made this. Throws InvalidArgument for anything but a model,
/// whole and consistent.
BOCHNER_EXPORT Model from_archive(const Archive& archive);

/// Writes the file that `bochner fit` writes: whole, or the old one stays; "-" is refused. Throws
/// as `to_archive`, and FileError.
BOCHNER_EXPORT void save_model(const Model& model, const std::string& path);

/// Throws FileError for anything but a model, whole and consistent.
BOCHNER_EXPORT Model load_model(const std::string& path);

/// The outputs for all rows of a file, whose columns are found by the names the model has, or by
/// their places where it has none; `options` say how the file is written, and no more. Blocks of
/// rows go by; only the outputs are held. Throws FileError naming the row and column that cannot be
/// used, and InvalidArgument for an option that says nothing about the format that was found, for
/// options that choose or code columns, and as `to_archive`.
BOCHNER_EXPORT Matrix<double> predict(const Model& model, const std::string& data,
                                      const io::ReadOptions& options = {},
                                      const Execution& execution = {});

}  // namespace bochner::pipeline
