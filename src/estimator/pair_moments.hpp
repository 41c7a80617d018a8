// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/row_law.hpp"

/// \file
/// The moments of a spec's estimate at a pair, where they depend on one number.

namespace bochner {

/// What a pair's moments need.
struct PlacedPair {
  double s = 0.0;
  double log_exact = 0.0;
  double log_unit = 0.0;  ///< of U times the natural unit of h (see `RowLaw`)
};

class PairMoments {
 public:
  /// Throws InvalidArgument when the spec is not valid or has no closed form.
  explicit PairMoments(const FeatureMapSpec& spec);

  /// Throws InvalidArgument, naming the function and the pair, for rows that are too long.
  PlacedPair place(const char* function, Index index, const double* x, const double* y) const;

  KernelMoments at(const PlacedPair& pair) const;

  /// The parts of the error in units of the kernel, or of one; the absolute value of the bias.
  struct Parts {
    LogVariances log_variances;
    double bias = 0.0;
  };
  Parts in_units(const PlacedPair& pair, ErrorUnit unit) const;

  /// E f^order of what one frequency contributes.
  double raw(int order, const PlacedPair& pair) const;

 private:
  PairGeometry geometry_;
  RowLaw row_;
  BlockLaw block_;
  double num_frequencies_;
  BlockLaw::Shares shares_;
};

}  // namespace bochner
