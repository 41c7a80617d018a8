// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/model.hpp"
#include "io/row_reader.hpp"
#include "pipeline/cell_error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// The rows of a file that a model is used on.

namespace bochner::pipeline {

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
/// knows and, for a model that knows all columns of its file, no wider. Throws FileError, and
/// UnusedOption.
std::unique_ptr<io::RowReader> open_for(const Model& model, std::unique_ptr<io::ByteSource> source,
                                        io::ReadOptions options, const UsedColumns& columns);

/// Throws InvalidArgument for a model whose members contradict each other.
void require_consistent(const Model& model);

/// The classes as the numbers they are; empty when one is a word.
std::vector<double> class_numbers(const Model& model);

/// The index of the largest of the outputs of a row, the first of equals.
Index largest(MatrixView<const double> outputs, Index row);

/// After `inputs`, those of the reader's last block, were refused: throws FileError that names the
/// place of the first row to blame, if there is one.
void name_refused(const Model& model, const io::RowReader& reader, MatrixView<const double> inputs);

/// `use()`, which puts `inputs`, those of the reader's last block, to use. What it refuses of them
/// is a FileError that names the place in the file.
template <class Use>
auto naming_rows(const Model& model, const io::RowReader& reader, MatrixView<const double> inputs,
                 const Use& use) {
  return naming_cells(reader, [&] {
    try {
      return use();
    } catch (const CellError&) {
      throw;
    } catch (const InvalidArgument&) {
      name_refused(model, reader, inputs);
      throw;
    }
  });
}

}  // namespace bochner::pipeline
