// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/power_series.hpp"
#include "kernel/rectifier.hpp"
#include "kernel/scale_law.hpp"
#include "kernel/whole_measure.hpp"

#include <memory>
#include <optional>
#include <string>

/// \file
/// The law of a kernel's frequencies on transformed inputs (Bochner's theorem).

namespace bochner {

/// An isotropic measure is a scale mixture of normals: w = sqrt(u) g, g standard normal, so that
/// directions can be coupled while radii keep their law sqrt(u) chi(d).
struct SpectralMeasure {
  ScaleLaw scale{};
  /// Given: k(x, y) = E f(w.x~) f(w.y~) with this f; w is normal. Otherwise k is, up to factors of
  /// x and y alone, E cos w.(x~ - y~).
  std::optional<Rectifier> rectifier{};
  /// Given: the measure is this one, which is not isotropic; `scale` means nothing.
  std::shared_ptr<const WholeMeasure> whole{};
  /// Given: k(x, y) = f(x~.y~) with this f, whether or not there is a measure.
  std::shared_ptr<const PowerSeries> series{};
  /// Not empty: there is no measure, and why.
  std::string refusal{};
};

/// Whether the kernel changes with the origin in a way that features cannot make up for.
inline bool needs_origin(const SpectralMeasure& measure) {
  return measure.rectifier || (measure.series && !measure.refusal.empty());
}

/// Whether w is standard normal.
inline bool is_normal(const SpectralMeasure& measure) {
  return measure.refusal.empty() && !measure.whole && is_normal(measure.scale);
}

}  // namespace bochner
