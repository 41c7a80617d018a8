// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/pipeline/fit.hpp"
#include "bochner/random/stream.hpp"
#include "io/byte_source.hpp"
#include "io/row_reader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// A file to learn from, read more than once and never held.

namespace bochner::pipeline {

/// Columns of a file, by where they stand: what they are called need not tell them apart.
struct FileColumns {
  std::vector<Index> places;       ///< counted from 0
  std::vector<std::string> names;  ///< or numbers from 1 where the file has none

  Index count() const noexcept { return static_cast<Index>(places.size()); }
};

class TrainingFile {
 public:
  /// Finds the columns. Inputs are all that are left, or those that `reading` chooses: columns of
  /// groups may be among these, targets and weights may not. What is no regular file is copied to
  /// a temporary one first. Throws FileError, InvalidArgument for more than one column of weights,
  /// and UnusedOption.
  TrainingFile(const std::string& path, const io::ReadOptions& reading, const ColumnRoles& roles);

  /// What to call it in messages.
  const std::string& path() const noexcept { return path_; }
  /// What was found: "CSV, comma, header, 9 columns".
  const std::string& layout() const noexcept { return layout_; }
  /// Whether the file names its columns.
  bool named() const noexcept { return named_; }
  /// Columns of the file, used or not.
  Index num_columns() const noexcept { return num_columns_; }
  const FileColumns& inputs() const noexcept { return inputs_; }
  const FileColumns& targets() const noexcept { return targets_; }
  const FileColumns& groups() const noexcept { return groups_; }
  const FileColumns& weights() const noexcept { return weights_; }  ///< one, or none
  Index num_inputs() const noexcept { return inputs_.count(); }
  Index num_targets() const noexcept { return targets_.count(); }
  /// Where in a row the columns of the groups stand.
  const std::vector<Index>& group_columns() const noexcept { return group_columns_; }
  /// Where in a row its weight stands.
  std::optional<Index> weight_column() const noexcept;

  /// Rows from the first on: inputs, targets, weight, then columns of groups that are no inputs,
  /// whose values, words or numbers, are numbered. With `classes` the first target is their
  /// numbers; others than those take the next ones.
  std::unique_ptr<io::RowReader> open(
      const std::optional<std::vector<std::string>>& classes = std::nullopt) const;

 private:
  std::string path_;
  std::shared_ptr<const io::ByteSource> source_;
  io::ReadOptions reading_;
  std::string layout_;
  bool named_ = false;
  Index num_columns_ = 0;
  FileColumns inputs_;
  FileColumns targets_;
  FileColumns groups_;
  FileColumns weights_;
  std::vector<Index> group_columns_;
  std::vector<Index> coded_;   ///< those of `group_columns_` that are no inputs
  std::vector<Index> places_;  ///< of all columns, in the order of a row
};

/// What one pass finds.
struct TrainingSummary {
  Index rows = 0;
  Index counted = 0;                 ///< those of positive weight; the rest says nothing
  double weight = 0.0;               ///< their sum
  std::string digest;                ///< SHA-256 of the file
  std::vector<double> mean;          ///< of inputs and targets, weighted where rows are
  std::vector<double> deviation;     ///< standard deviations, likewise; 0 for a constant column
  std::vector<std::string> classes;  ///< values of the first target, ordered, if wanted
  Matrix<double> sample;             ///< counted rows drawn at random: about `sample_rows` at most
};

/// Rows of so many columns to sample: 65,536, and 64 MiB, at most.
Index sample_rows(Index cols);

/// Classes, or 0 for a regression.
inline Index num_classes(const TrainingSummary& summary) {
  return static_cast<Index>(summary.classes.size());
}

/// Reads the file once. Throws FileError when it has no rows, on a target or a weight out of range,
/// when no weight is positive and, for `classify`, when the target has fewer than two values or
/// more than 1,000. The sample is a function of the counted rows and `seed`.
TrainingSummary summarise(const TrainingFile& file, Task task, Seed seed,
                          Watcher* watcher = nullptr);

}  // namespace bochner::pipeline
