// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/projection/radii.hpp"
#include "kernel/product_layout.hpp"

#include <memory>
#include <string_view>

/// \file
/// What a projection means for the error of an estimate.

namespace bochner {

namespace estimator {
class PairedRadii;
}

/// How frequencies depend on each other: independent blocks of `size` rows, the last one truncated.
/// Two rows of a block have directions of a fixed angle in `dim` dimensions and independent radii;
/// or rows 2i and 2i + 1 are opposite, and pairs are what is orthogonal; or they are orthogonal
/// like all rows of a block, and their radii are complementary.
struct BlockLaw {
  /// sketch: one per binary digit of the number of rows, whatever `size`.
  enum class Pairing { none, opposite, radii, sketch };

  /// One block, however many rows: only other draws are independent of it.
  static constexpr Index kEndless = Index{1} << 40;

  Index size = 1;  ///< 1: independent rows
  double dim = 1.0;
  Radii radii = Radii::sampled;  ///< the law of one row's: sampled or constant
  double cosine = 0.0;           ///< of the angle between directions; 0: orthogonal
  Pairing pairing = Pairing::none;
  Index exact = 0;            ///< columns without error, not counted as rows
  std::string_view gap = {};  ///< not empty: why the error has no closed form, for any kernel
  bool quasi_random = false;  ///< the error of independent rows is an upper estimate
  bool redraws = true;        ///< whether another seed draws other frequencies
  /// The law of complementary radii, where they are and the estimator asks.
  std::shared_ptr<const estimator::PairedRadii> paired_radii = {};

  /// Whether rows are independent draws of the kernel's own law.
  bool independent() const { return size == 1 && radii == Radii::sampled && gap.empty(); }

  /// Whether rows 2i and 2i + 1 of a block depend on each other in a way of their own.
  bool in_pairs() const { return pairing == Pairing::opposite || pairing == Pairing::radii; }
  /// How many rows of a block of `rows` are in pairs.
  Index paired_rows(Index rows) const { return in_pairs() ? rows - rows % 2 : 0; }

  /// With m frequencies, m Var = rows V + pairs W + blocks B: V the variance of a row, W twice that
  /// of the mean of a pair, B size times that of a whole block's mean. The shares sum to one and
  /// are in [0, 1], but that rows' is above -1 / m where an even number is left of an odd block.
  struct Shares {
    double rows = 1.0;
    double pairs = 0.0;
    double blocks = 0.0;

    /// rows V + pairs W + blocks B; what has no share may be infinite.
    double mix(double row, double pair, double block) const;
  };
  /// In a sketch, a single row has V and many buckets together have B.
  Shares shares(Index num_frequencies) const;
};

}  // namespace bochner
