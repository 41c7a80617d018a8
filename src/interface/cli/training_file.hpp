// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"
#include "interface/cli/input.hpp"
#include "interface/io/row_reader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// A file to learn from, read more than once and never held.

namespace bochner::cli {

class TrainingFile {
 public:
  /// Finds the columns; `groups` may be empty, and its columns inputs or others. Throws FileError,
  /// also for the standard input, which can be read only once, and for a target among the inputs.
  TrainingFile(const InputOptions& options, const std::string& targets,
               const std::string& groups = "");

  const std::string& path() const noexcept { return path_; }
  /// Names, or numbers from 1 where the file has none.
  const std::vector<std::string>& inputs() const noexcept { return inputs_; }
  const std::vector<std::string>& targets() const noexcept { return targets_; }
  const std::vector<std::string>& groups() const noexcept { return groups_; }
  /// Where the columns of the groups stand in a row.
  std::vector<Index> group_places() const;
  Index num_inputs() const noexcept { return static_cast<Index>(inputs_.size()); }
  Index num_targets() const noexcept { return static_cast<Index>(targets_.size()); }

  /// Rows from the first on: inputs, then targets, then columns of groups that are neither. With
  /// `classes` the first target is their numbers; others than those take the next ones.
  std::unique_ptr<io::RowReader> open(
      const std::optional<std::vector<std::string>>& classes = std::nullopt) const;

 private:
  std::string path_;
  io::ReadOptions reading_;
  std::vector<std::string> inputs_;
  std::vector<std::string> targets_;
  std::vector<std::string> groups_;
  std::vector<std::string> columns_;  ///< all, in the order of a row
};

/// What one pass finds.
struct TrainingSummary {
  Index rows = 0;
  std::string digest;                ///< SHA-256 of the file
  std::vector<double> mean;          ///< one a column of a row
  std::vector<double> deviation;     ///< standard deviations, likewise; 0 for a constant column
  std::vector<std::string> classes;  ///< values of the first target, ordered, if wanted
  Matrix<double> sample;             ///< rows drawn at random: about 65,536 at most, and 64 MiB
};

/// Classes, or 0 for a regression.
inline Index num_classes(const TrainingSummary& summary) {
  return static_cast<Index>(summary.classes.size());
}

enum class Task { regress, classify };

/// Reads the file once. Throws FileError when it has no rows and, for `classify`, when the target
/// has fewer than two values or more than 1,000. The sample is a function of the rows and `seed`.
TrainingSummary summarise(const TrainingFile& file, Task task, Seed seed);

}  // namespace bochner::cli
