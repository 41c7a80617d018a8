// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/scale_law.hpp"

/// \file
/// The law of a kernel's frequencies on transformed inputs (Bochner's theorem).

namespace bochner {

/// An isotropic measure is a scale mixture of normals: w = sqrt(u) g, g standard normal, so that
/// directions can be coupled while radii keep their law sqrt(u) chi(d).
struct SpectralMeasure {
  ScaleLaw scale{};
};

}  // namespace bochner
