// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/power_series.hpp"
#include "kernel/rectifier.hpp"
#include "kernel/scale_law.hpp"
#include "kernel/whole_measure.hpp"

#include <memory>
#include <string>
#include <variant>

/// \file
/// The law of a kernel's frequencies on transformed inputs (Bochner's theorem).

namespace bochner {

/// The law of w in k(x, y) = E cos w.(x~ - y~), up to factors of x and y alone.
struct SpectralMeasure {
  /// No measure, and why.
  struct None {
    std::string reason;
  };

  /// A scale mixture of normals, w = sqrt(u) g, g standard normal: isotropic, so that directions
  /// can be coupled while radii keep their law sqrt(u) chi(d). Or normal w in k(x, y) = E f(w.x~)
  /// f(w.y~) with a rectifier f. Or a measure that is not isotropic. Or none.
  std::variant<ScaleLaw, Rectifier, std::shared_ptr<const WholeMeasure>, None> law{};
  /// Set where k(x, y) = f(x~.y~) for this f, whether or not there is a measure.
  std::shared_ptr<const PowerSeries> series{};

  const Rectifier* rectifier() const { return std::get_if<Rectifier>(&law); }

  const WholeMeasure* whole() const {
    const auto* const measure = std::get_if<std::shared_ptr<const WholeMeasure>>(&law);
    return measure == nullptr ? nullptr : measure->get();
  }

  const std::string* refusal() const {
    const auto* const none = std::get_if<None>(&law);
    return none == nullptr ? nullptr : &none->reason;
  }

  /// The law of u; 1 where w is no mixture.
  ScaleLaw scale() const {
    const auto* const mixture = std::get_if<ScaleLaw>(&law);
    return mixture == nullptr ? ScaleLaw{} : *mixture;
  }
};

/// Whether the kernel changes with the origin in a way that features cannot compensate for.
inline bool needs_origin(const SpectralMeasure& measure) {
  return measure.rectifier() || (measure.series && measure.refusal());
}

/// Whether w is standard normal.
inline bool is_normal(const SpectralMeasure& measure) {
  return !measure.refusal() && !measure.whole() && is_normal(measure.scale());
}

}  // namespace bochner
