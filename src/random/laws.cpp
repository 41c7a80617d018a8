// SPDX-License-Identifier: Apache-2.0
#include "random/laws.hpp"

#include "core/assert.hpp"
#include "random/elementary.hpp"
#include "random/quantiles.hpp"

#include <cmath>

namespace bochner {
namespace {

constexpr std::uint16_t kGammaSubstream = 1;
constexpr std::uint16_t kStableSubstream = 2;

}  // namespace

double draw_exponential(const Stream& stream, std::uint64_t index) noexcept {
  return -elementary::log(stream.uniform(index));
}

double draw_laplace(const Stream& stream, std::uint64_t index) noexcept {
  return laplace_quantile(stream.uniform(index));
}

double draw_cauchy(const Stream& stream, std::uint64_t index) noexcept {
  return cauchy_quantile(stream.uniform(index));
}

double draw_gamma(const Stream& stream, double shape) noexcept {
  BOCHNER_ASSERT(shape > 0.0);
  const Stream own = stream.substream(kGammaSubstream);
  const double boosted = shape < 1.0 ? shape + 1.0 : shape;
  const double d = boosted - 1.0 / 3;
  const double c = 1.0 / std::sqrt(9.0 * d);
  // Word 0 is the boost's. Trial t reads words 4t + 2 and 4t + 3 (its normal) and 4t + 4.
  for (std::uint64_t trial = 0;; ++trial) {
    const double x = own.normal(4 * trial + 2);
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    const double u = own.uniform(4 * trial + 4);
    if (elementary::log(u) >= 0.5 * x * x + d - d * v + d * elementary::log(v)) continue;
    if (shape >= 1.0) return d * v;
    return d * v * elementary::exp(elementary::log(own.uniform(0)) / shape);
  }
}

double draw_positive_stable(const Stream& stream, double index) noexcept {
  BOCHNER_ASSERT(index > 0.0 && index < 1.0);
  const Stream own = stream.substream(kStableSubstream);
  const double u = own.uniform(0);
  const double e = draw_exponential(own, 1);
  const auto log_sine = [](double x) { return elementary::log(elementary::sincos_pi(x).sin); };
  return elementary::exp(log_sine(index * u) - log_sine(u) / index +
                         (log_sine((1.0 - index) * u) - elementary::log(e)) * (1.0 - index) /
                             index);
}

}  // namespace bochner
