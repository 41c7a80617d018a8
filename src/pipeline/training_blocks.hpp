// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/pipeline/standardisation.hpp"
#include "pipeline/training_file.hpp"

#include <memory>
#include <vector>

/// \file
/// The rows of a training file as a fit sees them.

namespace bochner::pipeline {

/// One column per output, in double: the targets or, for a number of classes, 1 for the class that
/// a row's first target says and -1 for the others.
Matrix<double> target_outputs(MatrixView<const double> targets, Index classes);

/// Rows of a matrix of them (inputs, targets, weight) as `TrainingFile::open` orders columns.
template <Scalar T>
struct StandardisedRows {
  Matrix<T> x;
  Matrix<double> targets;    ///< as in the file: numbers of classes, for these
  Matrix<double> outputs;    ///< `target_outputs`
  std::vector<T> weights{};  ///< empty where the file has none

  TrainingRows<T> training_rows() const { return {x.view(), outputs.view(), weights}; }
};

template <Scalar T>
StandardisedRows<T> standardised(MatrixView<const double> rows, const TrainingFile& file,
                                 const TrainingSummary& summary,
                                 const Standardisation& standardisation);

/// The file again, block by block.
template <Scalar T>
class TrainingBlocks {
 public:
  TrainingBlocks(const TrainingFile& file, const TrainingSummary& summary,
                 const Standardisation& standardisation);

  /// Reads past the first rows and returns how many of them have a positive weight.
  Index skip(Index count);
  /// The rows that come next; false at the end, where the file must be what `summary` was made of.
  /// Throws FileError, which names the place of a number that T cannot hold.
  bool next();
  const StandardisedRows<T>& rows() const noexcept { return rows_; }
  Index num_rows() const noexcept { return rows_.x.rows(); }
  /// The same rows as the file has them, in the order of `TrainingFile::open`.
  MatrixView<const double> block() const noexcept {
    return block_.view().middle_rows(0, num_rows());
  }
  /// After `map` has refused rows of this block: throws FileError that names the first of them.
  void name_refused(const FeatureMap<T>& map) const;

 private:
  const TrainingFile& file_;
  const TrainingSummary& summary_;
  const Standardisation& standardisation_;
  std::unique_ptr<io::RowReader> reader_;
  Matrix<double> block_;
  Index done_ = 0;
  StandardisedRows<T> rows_;
};

/// Throws FileError that names the first row of the reader's last block that `map` refuses, if it
/// refuses one.
template <Scalar T>
void name_refused_row(const io::RowReader& reader, const FeatureMap<T>& map, MatrixView<const T> x);

/// After a fit to all rows of a file was refused: throws FileError that names the row, if one is to
/// blame.
template <Scalar T>
void name_refused_row(const TrainingFile& file, const TrainingSummary& summary,
                      const Standardisation& standardisation, const FeatureMap<T>& map);

}  // namespace bochner::pipeline
