// SPDX-License-Identifier: Apache-2.0
#include "estimator/row_moments.hpp"

#include "core/assert.hpp"
#include "estimator/fixed_angle.hpp"
#include "estimator/kummer.hpp"
#include "estimator/paired_radii.hpp"
#include "estimator/sphere.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace bochner::estimator {
namespace {

using enum RowLaw::Argument;
using enum RowLaw::Sides;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Extended = long double;  // one square may nearly cancel another, and a block its rows

/// The share of a block's rows that are in pairs: how many times the covariance of a pair counts in
/// `RowMoments::block`.
Extended paired_share(const BlockLaw& block) {
  return static_cast<Extended>(block.paired_rows(block.size)) / static_cast<Extended>(block.size);
}

/// Rows beside one that couple with it, and how many times their covariance counts there: the other
/// rows of the block but for the other one of a pair.
Extended partners(const BlockLaw& block) {
  return static_cast<Extended>(block.size - 1) - paired_share(block);
}

/// Of two coupled rows, in units of the squared mean and with its sign changed.
Extended deficit(const RowLaw& row, const BlockLaw& block, double s) {
  if (block.cosine == 0.0) return orthogonal_deficit(block.dim, 0.5 * s);
  return row.sides == one ? fixed_angle_deficit(block.dim, block.cosine, 0.5 * s)
                          : fixed_angle_even_deficit(block.dim, block.cosine, 0.5 * s);
}

Extended cosine_covariance(const BlockLaw& block, double s) {
  if (block.cosine == 0.0) return orthogonal_cosine_covariance(block.dim, 0.5 * s);
  return fixed_angle_cosine_covariance(block.dim, block.cosine, 0.5 * s);
}

// Frequencies that are not normal. Where the law of their scale is at hand nothing cancels;
// otherwise, with c = 1 - profile, Var cos(w.v) = (1 + k(2v)) / 2 - k(v)^2 = 2 c(s) - c(4s) / 2 -
// c(s)^2, whose error is that of the profile over c.
double mixture_row_variance(const RowLaw& row, double s) {
  if (row.scales) return mixture_variance(*row.scales, s);
  const double loss = 1.0 - row.profile(s);
  return std::max((2.0 - loss) * loss - 0.5 * (1.0 - row.profile(4.0 * s)), 0.0);
}

RowMoments periodic_mixture(const RowLaw& row, const BlockLaw& block, double s) {
  const double cosine = mixture_row_variance(row, s);
  const double variance = cosine + row.phase_variance;
  // An opposite row has the same cosine and another phase.
  const double pair = 2.0 * cosine + row.phase_variance;
  double whole = block.in_pairs() ? pair : variance;
  if (partners(block) > 0) {
    whole += static_cast<double>(partners(block)) * mixture_covariance(*row.scales, block.dim, s);
  }
  return {.bias = {},
          .variance = {variance, 0.0},
          .block = {std::max(whole, 0.0), 0.0},
          .pair = {pair, 0.0}};
}

// e^{-2s} E h^2 and so on with sampled radii: w is normal, whatever the block.
RowMoments periodic_normal(const RowLaw& row, const BlockLaw& block, double s) {
  const Extended loss = std::expm1(-static_cast<Extended>(s));
  const Extended cosine = loss * loss / 2;
  const Extended variance = cosine + row.phase_variance;
  // An opposite row has the same cosine and another phase.
  const Extended within =
      block.paired_radii ? Extended{block.paired_radii->cosine_covariance(s)} : cosine;
  Extended whole = variance + paired_share(block) * within;
  if (partners(block) > 0) whole += partners(block) * cosine_covariance(block, s);
  return {.bias = {},
          .variance = {static_cast<double>(variance), 0.0},
          .block = {static_cast<double>(whole), 0.0},
          .pair = {static_cast<double>(variance + within), 0.0}};
}

// E h^2 / (E h)^2 is e^u for one side and (e^u + e^v) / 2 for both; centre and half-width of u and
// v.
struct Growth {
  Extended u = 0;
  Extended centre = 0;
  Extended half_width = 0;
};

// u = L + s / (1 - 8a),  v = L - s,  L = d/2 log((1 - 4a)^2 / (1 - 8a)).
Growth growth_of(const RowLaw& row, const BlockLaw& block, double s) {
  const Extended a = row.a;
  const Extended narrowing = 1 - 8 * a;
  const Extended log_growth =
      static_cast<Extended>(block.dim) / 2 * std::log1p(16 * a * a / narrowing);
  return {.u = log_growth + s / narrowing,
          .centre = log_growth + 4 * a * s / narrowing,
          .half_width = s * (1 - 4 * a) / narrowing};
}

// The same sums over directions, by t.
Growth growth_of(const RowLaw& row, double s, double t) {
  const Extended log_growth = row.log_growth;
  const Extended shift = 4 * static_cast<Extended>(t);
  return {.u = log_growth + s + 2 * shift, .centre = log_growth + shift, .half_width = s + shift};
}

// The covariance of coupled rows with independent radii does not depend on a: it is that of plain
// positive features. The mean over an opposite pair of one-sided rows is a two-sided row; of
// two-sided rows, the row itself.
RowMoments exponential_moments(const RowLaw& row, const BlockLaw& block, double s,
                               const Growth& growth) {
  // All in units of e^u. (e^u + e^v) / 2 - 1 = (e^c - 1) + e^c (cosh h - 1) with centre c and
  // half-width h.
  const auto& [u, centre, half_width] = growth;
  const Extended shift =
      centre > 0 ? -std::expm1(-centre) * std::exp(-half_width) : std::expm1(centre) * std::exp(-u);
  const Extended spread = std::expm1(-half_width);
  const Extended two_sided = shift + spread * spread / 2;
  const Extended variance = row.sides == one ? -std::expm1(-u) : two_sided;
  // The deficit is at most 1 + 2s; far out it is nothing beside a row's own variance.
  constexpr Extended kFarOut = 100;
  const bool far_out = u >= kFarOut + std::log1p(static_cast<Extended>(s));
  Extended within = 2 * two_sided - variance;
  if (block.paired_radii) {
    within = far_out ? 0 : -block.paired_radii->deficit(row.a, s) * std::exp(-u);
  }
  const Extended pair = variance + within;
  Extended whole = variance + paired_share(block) * within;
  if (partners(block) > 0 && !far_out) {
    whole -= partners(block) * deficit(row, block, s) * std::exp(-u);
  }
  const auto scale = static_cast<double>(u);
  return {.bias = {},
          .variance = {static_cast<double>(variance), scale},
          .block = {static_cast<double>(whole), scale},
          .pair = {static_cast<double>(pair), scale}};
}

RowMoments exponential_normal(const RowLaw& row, const BlockLaw& block, double s) {
  if (row.a >= 0.125) {
    const Scaled infinite{kInfinity, 0.0};
    return {.bias = {}, .variance = infinite, .block = infinite, .pair = infinite};
  }
  return exponential_moments(row, block, s, growth_of(row, block, s));
}

RowMoments periodic_sphere(const RowLaw& row, const BlockLaw& block, double s) {
  const SphereMoments moments = sphere_trigonometric(block.dim, s);
  return {.bias = {sphere_cosine_bias(block.dim, s), 0.0},
          .variance = {moments.variance + row.phase_variance, 0.0},
          .block = {moments.block + row.phase_variance, 0.0}};
}

SphereMoments sphere_moments(const RowLaw& row, const BlockLaw& block, double s) {
  const double stretched = (1.0 - 4.0 * row.a) * s;
  return row.sides == one ? sphere_exponential(block.dim, stretched)
                          : sphere_hyperbolic(block.dim, stretched);
}

double sphere_log_mean(const RowLaw& row, const BlockLaw& block, double s) {
  return sphere_log_exponential(block.dim, (1.0 - 4.0 * row.a) * s);
}

RowMoments exponential_sphere(const RowLaw& row, const BlockLaw& block, double s) {
  const SphereMoments moments = sphere_moments(row, block, s);
  const double exponent = sphere_exponent(row, block, s);
  // Where the parameter is that of plain features the bias is a small difference.
  const double bias = row.a == 0.0 ? sphere_exponential_bias(block.dim, s)
                                   : std::expm1(0.5 * exponent + sphere_log_mean(row, block, s));
  const double log_scale = moments.log_scale + exponent;
  return {.bias = {bias, 0.0},
          .variance = {moments.variance, log_scale},
          .block = {moments.block, log_scale}};
}

// log of E[(1 - 4a)^{order d/2} e^{2 order a |w|^2} e^{j B w.v}] in natural units, or its value for
// the cosine.
Scaled harmonic_moment(const RowLaw& row, const BlockLaw& block, int order, int j, double s) {
  const double k = order;
  const double multiple = static_cast<double>(j) * j * s;
  if (row.profile) return {row.profile(multiple), 0.0};
  if (row.argument == difference) {
    return {block.radii == Radii::constant ? sphere_cosine(block.dim, multiple)
                                           : std::exp(-0.5 * multiple),
            0.0};
  }
  const double stretched = (1.0 - 4.0 * row.a) * multiple;
  const double log_front = 0.5 * k * block.dim * std::log1p(-4.0 * row.a);
  if (block.radii == Radii::constant) {
    return {1.0, log_front + sphere_log_exponential(block.dim, stretched) +
                     0.5 * k * sphere_exponent(block.dim, row.a, s) -
                     (k - j) * std::sqrt(block.dim * (1.0 - 4.0 * row.a) * s)};
  }
  const double narrowing = 1.0 - 4.0 * k * row.a;
  if (narrowing <= 0.0) return {kInfinity, 0.0};
  // j^2 (1 - 4a) / (1 - 4ka) - k, over one denominator.
  const double growth = (j * j * (1.0 - 4.0 * row.a) - k * narrowing) / narrowing;
  return {1.0, log_front - 0.5 * block.dim * std::log(narrowing) + 0.5 * growth * s};
}

// cos^k and cosh^k are these mixtures of cos(j .) and cosh(j .), j = k, k - 2, ...
struct Harmonic {
  int multiple;
  double weight;
};
constexpr std::array<std::array<Harmonic, 3>, 5> kHarmonics = {{
    {{{0, 1.0}, {0, 0.0}, {0, 0.0}}},
    {{{1, 1.0}, {0, 0.0}, {0, 0.0}}},
    {{{2, 0.5}, {0, 0.5}, {0, 0.0}}},
    {{{3, 0.25}, {1, 0.75}, {0, 0.0}}},
    {{{4, 0.125}, {2, 0.5}, {0, 0.375}}},
}};

Scaled even_moment(const RowLaw& row, const BlockLaw& block, int order, double s) {
  // The highest multiple is the largest term.
  Scaled sum;
  for (const auto& [multiple, weight] : kHarmonics[static_cast<std::size_t>(order)]) {
    if (weight == 0.0) continue;
    const Scaled term = harmonic_moment(row, block, order, multiple, s);
    if (sum.mantissa == 0.0) sum.log_scale = term.log_scale;
    sum.mantissa += weight * term.mantissa * std::exp(term.log_scale - sum.log_scale);
  }
  return sum;
}

}  // namespace

RowMoments row_moments(const RowLaw& row, const BlockLaw& block, double s) {
  if (row.profile) return periodic_mixture(row, block, s);
  if (block.radii == Radii::constant) {
    return row.argument == sum ? exponential_sphere(row, block, s) : periodic_sphere(row, block, s);
  }
  return row.argument == sum ? exponential_normal(row, block, s) : periodic_normal(row, block, s);
}

RowMoments row_moments(const RowLaw& row, const BlockLaw& block, double s, double t) {
  return exponential_moments(row, block, s, growth_of(row, s, t));
}

double direction_sum(const RowLaw& row, std::span<const double> squares) {
  double t = 0.0;
  for (std::size_t l = 0; l < squares.size(); ++l) {
    t += row.directions[l] / (1.0 - 8.0 * row.directions[l]) * squares[l];
  }
  return t;
}

SphereRest sphere_rest(const RowLaw& row, const BlockLaw& block, double s) {
  const SphereMoments moments = sphere_moments(row, block, s);
  return {.log_variance = std::log(moments.variance) + moments.log_scale,
          .log_mean = sphere_log_mean(row, block, s),
          .ratio = moments.variance == 0.0 ? 0.0 : moments.block / moments.variance};
}

double sphere_exponent(const RowLaw& row, const BlockLaw& block, double s) {
  return sphere_exponent(block.dim, row.a, s) + block.dim * std::log1p(-4.0 * row.a);
}

Scaled raw_moment(const RowLaw& row, int order, std::span<const double> squares) {
  BOCHNER_ASSERT(order >= 1 && order <= 4);
  const BlockLaw one_dimension{.dim = 1.0};
  const auto along = [&](int multiple) {
    double log_moment = 0.0;
    for (std::size_t l = 0; l < squares.size(); ++l) {
      const RowLaw here{.argument = sum, .sides = one, .a = row.directions[l]};
      const Scaled factor = harmonic_moment(here, one_dimension, order, multiple, squares[l]);
      log_moment += factor.log_magnitude();
    }
    return log_moment;
  };
  if (row.sides == one) return {1.0, along(order)};
  Scaled total{0.0, along(order)};
  if (std::isinf(total.log_scale)) return {1.0, total.log_scale};
  for (const auto& [multiple, weight] : kHarmonics[static_cast<std::size_t>(order)]) {
    if (weight > 0.0) total.mantissa += weight * std::exp(along(multiple) - total.log_scale);
  }
  return total;
}

Scaled raw_moment(const RowLaw& row, const BlockLaw& block, int order, double s) {
  BOCHNER_ASSERT(order >= 1 && order <= 4);
  if (row.sides == one) return harmonic_moment(row, block, order, order, s);
  const Scaled even = even_moment(row, block, order, s);
  if (row.phase_variance == 0.0 || order == 1) return even;
  // h = c + e with e = cos of a uniform angle: E e^2 = 1/2, E e^4 = 3/8, odd moments vanish.
  const double square = 0.5;
  const double lower = order == 2 ? 1.0 : even_moment(row, block, order - 2, s).mantissa;
  const double choose = order == 2 ? 1.0 : (order == 3 ? 3.0 : 6.0);
  const double fourth = order == 4 ? 0.375 : 0.0;
  return {even.mantissa + choose * square * lower + fourth, 0.0};
}

}  // namespace bochner::estimator
