// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/moments.hpp"
#include "estimator/pair_geometry.hpp"
#include "estimator/row_law.hpp"
#include "estimator/row_moments.hpp"

#include <vector>

/// \file
/// The moments at a pair where they depend on one number: those of `RowMoments`.

namespace bochner::estimator {

class PairMoments final : public Moments {
 public:
  /// Throws InvalidArgument when the spec is not valid or has no closed form.
  PairMoments(const Door& door, const FeatureMapSpec& spec);

  KernelMoments at(const Door& door, const InputPair& pair) const override;
  ErrorParts parts(const Door& door, const InputPair& pair, ErrorUnit unit) const override;
  double row_moment(const Door& door, const InputPair& pair, int order) const override;

 private:
  struct Placed {
    double s = 0.0;
    std::vector<double> squares;  ///< v_l^2, where there is one parameter per direction
    double log_exact = 0.0;
    double log_unit = 0.0;  ///< of U times the natural unit of h (see `RowLaw`)
  };
  Placed place(const Door& door, const InputPair& pair) const;
  RowMoments moments(const Placed& placed) const;
  double log_range(const Placed& placed, ErrorUnit unit) const;

  PairGeometry geometry_;
  RowLaw row_;
  BlockLaw block_;
  bool is_upper_;
  double num_frequencies_;
  BlockLaw::Shares shares_;
};

}  // namespace bochner::estimator
