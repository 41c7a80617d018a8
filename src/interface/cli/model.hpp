// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_regression.hpp"
#include "bochner/client/regression/ridge_regression.hpp"
#include "bochner/core/archive.hpp"
#include "bochner/core/matrix.hpp"
#include "interface/io/row_reader.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

/// \file
/// What `fit` writes: a regression, and how a file's columns become its inputs.

namespace bochner::cli {

/// x' = (x - centre) / scale, a column.
struct Standardisation {
  std::vector<double> centre;
  std::vector<double> scale;  ///< positive

  template <Scalar T>
  void apply(MatrixView<const double> rows, MatrixView<T> out) const;
};

struct Model {
  std::vector<std::string> inputs;   ///< names of columns, or numbers from 1
  std::vector<std::string> targets;  ///< likewise
  std::vector<std::string> classes;  ///< in order, one an output; empty for a regression
  Standardisation standardisation;
  std::string data_digest;  ///< SHA-256 of the file it was fitted to
  Index num_rows = 0;       ///< of that file
  std::variant<RidgeRegression<float>, RidgeRegression<double>, LogisticRegression<float>,
               LogisticRegression<double>>
      regression;

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

Archive to_archive(const Model& model);

/// Throws FileError for anything but a model, whole and consistent.
Model load_model(const std::string& path);

/// The columns of a file that the model knows: inputs first, then, where asked for, targets; a
/// class is its number, beyond the model's for one that it does not know.
enum class ModelColumns { inputs, inputs_and_targets };
std::unique_ptr<io::RowReader> open_for(const Model& model, const std::string& path,
                                        io::ReadOptions options, ModelColumns columns);

/// The classes as the numbers they are; empty when one is a word.
std::vector<double> class_numbers(const Model& model);

/// The index of the largest of the outputs of a row, the first of equals.
Index largest(MatrixView<const double> outputs, Index row);

}  // namespace bochner::cli
