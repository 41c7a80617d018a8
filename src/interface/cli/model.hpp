// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/core/archive.hpp"
#include "bochner/core/matrix.hpp"
#include "interface/cli/standardisation.hpp"
#include "interface/io/row_reader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// \file
/// What `fit` writes: a regression, and how a file's columns become its inputs.

namespace bochner::cli {

struct Model {
  std::vector<std::string> inputs;   ///< names of columns, or numbers from 1
  std::vector<std::string> targets;  ///< likewise
  /// Where inputs and targets stood in the file, counted from 0; empty in a model that does not
  /// say.
  std::vector<Index> places;
  bool named = false;  ///< whether the file named its columns
  /// Columns of the file, used or not; 0 in a model that does not say.
  Index file_columns = 0;
  std::vector<std::string> classes;  ///< in order, one an output; empty for a regression
  Standardisation standardisation;
  std::string data_digest;  ///< SHA-256 of the file it was fitted to
  Index num_rows = 0;       ///< of that file
  std::variant<RidgeRegression<float>, RidgeRegression<double>, LogisticRegression<float>,
               LogisticRegression<double>>
      regression;

  /// Whether inputs and targets are all columns of the file.
  bool knows_all_columns() const;
  const FeatureMapSpec& spec() const;
  double ridge() const;
  Index num_outputs() const;
  /// Whether the outputs are probabilities of the classes.
  bool probabilistic() const;
  /// Whether variances are to be had: a regression with its whole posterior.
  bool has_posterior() const;
  /// n x num_outputs from raw rows.
  Matrix<double> outputs(MatrixView<const double> rows, const Execution& execution) const;
  /// n x 2 num_outputs: outputs, then their posterior variances. Needs `has_posterior`.
  Matrix<double> outputs_and_variances(MatrixView<const double> rows,
                                       const Execution& execution) const;
};

using Words = decltype(Archive::metadata);

/// The words of a model's archive that say which columns it uses: of its header, what a wide file
/// makes long.
Words column_words(const std::vector<std::string>& inputs, const std::vector<std::string>& targets,
                   const std::vector<Index>& places);

/// Throws InvalidArgument where an array of the model is not finite, naming it: nothing could read
/// it.
Archive to_archive(const Model& model);

/// Throws FileError for anything but a model, whole and consistent.
Model load_model(const std::string& path);

/// Columns of a file that a model is to be used on.
struct UsedColumns {
  enum class Targets { none, all };
  Targets targets = Targets::none;
  std::string weights{};                      ///< a column by name or number, or none
  std::optional<io::ColumnSelection> text{};  ///< carried along
};

/// The columns that the model knows: inputs, then, where asked for, targets and the weight; a class
/// is its number, beyond the model's for one that it does not know. By their names where the file
/// the model was fitted to had some; of several columns of one name the one in the model's place.
/// By their places where it had none. svmlight text is at least as wide as the columns the model
/// knows and, for a model that knows all columns of its file, no wider.
std::unique_ptr<io::RowReader> open_for(const Model& model, std::unique_ptr<io::ByteSource> source,
                                        io::ReadOptions options, const UsedColumns& columns);

/// The classes as the numbers they are; empty when one is a word.
std::vector<double> class_numbers(const Model& model);

/// The index of the largest of the outputs of a row, the first of equals.
Index largest(MatrixView<const double> outputs, Index row);

}  // namespace bochner::cli
