// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/random/stream.hpp"

#include <variant>

/// \file
/// The law of u in the frequencies w = sqrt(u) g of an isotropic kernel: g is standard normal, u
/// independent of it. k(x, y) = E exp(-u r^2 / 2) is then u's Laplace transform [Langrene24].

namespace bochner {

/// u = square.
struct ConstantScale {
  double square = 1.0;
};
/// u = factor G, G ~ Gamma(shape).
struct GammaScale {
  double shape = 1.0;
  double factor = 1.0;
};
/// u = factor / G, G ~ Gamma(shape).
struct InverseGammaScale {
  double shape = 1.0;
  double factor = 1.0;
};
/// u = 2 S, S positive stable of the index (1 at index 1), times G^(1 / index), G ~
/// Gamma(gamma_shape), where a shape is given.
struct StableScale {
  double index = 1.0;
  double gamma_shape = 0.0;
};

using ScaleLaw = std::variant<ConstantScale, GammaScale, InverseGammaScale, StableScale>;

/// The law of u as places and positive weights, exact to working accuracy for functions that are
/// smooth in log u: the trapezoidal rule in log u.
struct ScaleNode {
  double u;
  double weight;
};

/// Whether w is standard normal.
bool is_normal(const ScaleLaw& law) noexcept;

}  // namespace bochner

namespace bochner::kernels {

/// Stable draws of an index below half of this leave the range of double.
inline constexpr double kSmallestPower = 0.2;

/// sqrt(u), tier A, from a stream of its own. At most 1e30, so that frequencies are finite floats.
double draw_scale(const ScaleLaw& law, const Stream& stream) noexcept;

}  // namespace bochner::kernels
