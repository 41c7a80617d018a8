// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/moments.hpp"

#include <utility>

/// \file
/// Moments that depend on a pair through more than one number: rectified features (lengths and an
/// angle), and Fourier features of kernels that are not isotropic.

namespace bochner::estimator {

/// Whether the spec's rows are independent and of that kind.
bool has_direct_moments(const FeatureMapSpec& spec);

/// Of independent rows, whose powers are integrals over the directions that both inputs see, or the
/// kernel at multiples of x - y.
class DirectMoments final : public Moments {
 public:
  explicit DirectMoments(FeatureMapSpec spec) : spec_(std::move(spec)) {}

  KernelMoments at(const Door& door, const InputPair& pair) const override;
  ErrorParts parts(const Door& door, const InputPair& pair, ErrorUnit unit) const override;
  double row_moment(const Door& door, const InputPair& pair, int order) const override;

 private:
  double row_variance(const InputPair& pair, double exact) const;

  FeatureMapSpec spec_;
};

}  // namespace bochner::estimator
