// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/change_detector.hpp"
#include "bochner/pipeline/standardisation.hpp"

#include <optional>

/// \file
/// Changes in a stream of rows whose units are not known beforehand.

namespace bochner::pipeline {

struct WatchRequest {
  Index learned = 200;  ///< rows that say what the units are, at least 2
  Index num_frequencies = 256;
  Seed seed{};
  ChangeDetectorOptions detector{};
};

/// A `ChangeDetector` whose columns are standardised, and whose Gaussian kernel has the median
/// distance for a lengthscale, both by the first rows of the stream. These are not watched: the map
/// is given before the first row that is, so that the false alarm rate holds.
class StreamWatch {
 public:
  /// Throws InvalidArgument on options out of range.
  StreamWatch(Index columns, const WatchRequest& request);

  /// The next row, 1 x columns, of finite numbers, and the change that it shows, if it does. Rows
  /// are counted from the first of the stream. Throws InvalidArgument for a row too far from those
  /// learned.
  std::optional<Change> add(MatrixView<const double> row);

  /// Whether rows are watched yet.
  bool learning() const noexcept { return !detector_; }
  Index num_rows() const noexcept { return num_rows_; }

 private:
  void learn();

  WatchRequest request_;
  Matrix<double> learned_;
  Index num_rows_ = 0;
  Standardisation units_;
  std::optional<ChangeDetector<double>> detector_;
};

}  // namespace bochner::pipeline
