// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <span>

/// \file
/// What a regression learns from.

namespace bochner {

/// n rows with their targets. Views: nothing is copied.
template <Scalar T>
struct TrainingRows {
  MatrixView<const T> x;        ///< n x input_dim
  MatrixView<const T> targets;  ///< n x num_targets
  /// Relative precisions, n finite numbers >= 0, or nothing when all rows count alike. A row of
  /// weight zero is as good as absent.
  std::span<const T> weights{};

  /// Rows `first .. first + count - 1`.
  TrainingRows middle_rows(Index first, Index count) const {
    return {x.middle_rows(first, count), targets.middle_rows(first, count),
            weights.empty() ? weights
                            : weights.subspan(static_cast<std::size_t>(first),
                                              static_cast<std::size_t>(count))};
  }
};

}  // namespace bochner
