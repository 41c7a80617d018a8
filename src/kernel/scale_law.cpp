// SPDX-License-Identifier: Apache-2.0
#include "kernel/scale_law.hpp"

#include "random/elementary.hpp"
#include "random/laws.hpp"

#include <cmath>
#include <limits>

namespace bochner {
namespace {

constexpr double kLargestScale = 1e30;

double draw_square(const ConstantScale& law, const Stream& /*stream*/) { return law.square; }

double draw_square(const GammaScale& law, const Stream& stream) {
  return law.factor * draw_gamma(stream, law.shape);
}

double draw_square(const InverseGammaScale& law, const Stream& stream) {
  return law.factor / draw_gamma(stream, law.shape);
}

double draw_square(const StableScale& law, const Stream& stream) {
  const double square = 2.0 * (law.index < 1.0 ? draw_positive_stable(stream, law.index) : 1.0);
  if (law.gamma_shape == 0.0) return square;
  const double gamma = draw_gamma(stream, law.gamma_shape);
  if (gamma < std::numeric_limits<double>::min()) return 0.0;  // `log` wants a normal number
  return square * elementary::exp(elementary::log(gamma) / law.index);
}

}  // namespace

double kernels::draw_scale(const ScaleLaw& law, const Stream& stream) noexcept {
  const double square = std::visit([&](const auto& l) { return draw_square(l, stream); }, law);
  return square < kLargestScale * kLargestScale ? std::sqrt(square) : kLargestScale;
}

bool is_normal(const ScaleLaw& law) noexcept {
  const auto* constant = std::get_if<ConstantScale>(&law);
  return constant != nullptr && constant->square == 1.0;
}

}  // namespace bochner
