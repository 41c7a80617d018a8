// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <concepts>
#include <span>

/// \file
/// What a regression learns from.

namespace bochner {

/// A view of targets in either scalar, read as doubles: nothing is rounded before it is centred, so
/// single precision loses nothing of a time stamp. Converts from whatever a
/// `MatrixView<const float>` or a `MatrixView<const double>` is made from.
class TargetView {
 public:
  Index rows = 0;
  Index cols = 0;

  constexpr TargetView() = default;
  template <class M>
  requires(std::convertible_to<M, MatrixView<const float>> ||
           std::convertible_to<M, MatrixView<const double>>) constexpr TargetView(M&& m) {
    if constexpr (std::convertible_to<M, MatrixView<const double>>) {
      *this = TargetView(MatrixView<const double>(static_cast<M&&>(m)), {});
    } else {
      *this = TargetView({}, MatrixView<const float>(static_cast<M&&>(m)));
    }
  }

  constexpr double operator()(Index i, Index c) const {
    return singles_.data == nullptr ? doubles_(i, c) : static_cast<double>(singles_(i, c));
  }

  /// Rows `first .. first + count - 1`.
  constexpr TargetView middle_rows(Index first, Index count) const {
    return singles_.data == nullptr ? TargetView(doubles_.middle_rows(first, count), {})
                                    : TargetView({}, singles_.middle_rows(first, count));
  }

 private:
  constexpr TargetView(MatrixView<const double> doubles, MatrixView<const float> singles)
      : rows(doubles.rows + singles.rows),
        cols(doubles.cols + singles.cols),
        doubles_(doubles),
        singles_(singles) {}

  MatrixView<const double> doubles_;  ///< one of the two is empty
  MatrixView<const float> singles_;
};

/// n rows with their targets. Views: nothing is copied.
template <Scalar T>
struct TrainingRows {
  MatrixView<const T> x;  ///< n x input_dim
  TargetView targets;     ///< n x num_targets, within 1e152 of their means
  /// Relative precisions, n numbers from 0 to 1e100, or nothing when all rows count alike. A row of
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
