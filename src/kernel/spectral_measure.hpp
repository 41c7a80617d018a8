// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/random/stream.hpp"

#include <functional>

/// \file
/// The law of a kernel's frequencies on transformed inputs (Bochner's theorem).

namespace bochner {

/// An isotropic measure is a scale mixture of normals: w = scale g, g standard normal, so that
/// directions can be coupled while radii keep their law chi(d) * scale.
struct SpectralMeasure {
  /// The scale, drawn from a stream of its own; empty means 1, the Gaussian kernel's.
  std::function<double(const Stream&)> scale;
};

}  // namespace bochner
