// SPDX-License-Identifier: Apache-2.0
#include "estimator/product_moments.hpp"

#include "estimator/checks.hpp"
#include "features/stage.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bochner::estimator {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

/// (u + v)^p - u^p, without cancellation where u + v >= 0.
double power_difference(double u, double v, Index p) {
  double sum = 0.0;
  double high = 1.0;
  for (Index k = 0; k < p; ++k) {  // sum of (u + v)^k u^(p - 1 - k)
    sum = sum * u + high;
    high *= u + v;
  }
  return v * sum;
}

/// What a sketch sees: t = u + a + b, of which equal and crossed collisions have a and b.
struct Collisions {
  double u = 0.0;  ///< (x.y + offset)^2
  double a = 0.0;
  double b = 0.0;
  double unit = 0.0;  ///< all are in units of this
};

Collisions collisions(const PairProducts& pair, double offset) {
  Collisions out;
  out.unit = (pair.xx + offset) * (pair.yy + offset);
  if (out.unit == 0.0) return out;
  const double squares = (pair.squares + offset * offset) / out.unit;
  const double s = pair.xy + offset;
  out.u = s * s / out.unit;
  out.a = std::max(1.0 - squares, 0.0);
  out.b = out.u - squares;
  return out;
}

/// E (w.x)^order (w.y)^order over independent signs w: coordinate by coordinate, a joint moment
/// (i, j) of the sums so far from lower ones.
double sign_moment(int order, const std::vector<double>& x, const std::vector<double>& y) {
  constexpr std::size_t kOrders = 5;
  constexpr double kBinomial[kOrders][kOrders] = {
      {1, 0, 0, 0, 0}, {1, 1, 0, 0, 0}, {1, 2, 1, 0, 0}, {1, 3, 3, 1, 0}, {1, 4, 6, 4, 1}};
  using Table = std::array<std::array<double, kOrders>, kOrders>;
  Table moment{};
  moment[0][0] = 1.0;
  for (std::size_t l = 0; l < x.size(); ++l) {
    Table next{};
    for (std::size_t i = 0; i < kOrders; ++i) {
      for (std::size_t j = 0; j < kOrders; ++j) {
        for (std::size_t a = 0; a <= i; ++a) {
          for (std::size_t b = a % 2; b <= j; b += 2) {  // odd powers of a sign vanish
            next[i][j] += kBinomial[i][a] * kBinomial[j][b] * std::pow(x[l], a) *
                          std::pow(y[l], b) * moment[i - a][j - b];
          }
        }
      }
    }
    moment = next;
  }
  const auto k = static_cast<std::size_t>(order);
  return moment[k][k];
}

}  // namespace

PairProducts pair_products(const double* x, const double* y, Index dim) {
  PairProducts out;
  for (Index k = 0; k < dim; ++k) {
    const double both = x[k] * y[k];
    out.xy += both;
    out.xx += x[k] * x[k];
    out.yy += y[k] * y[k];
    out.squares += both * both;
  }
  return out;
}

double sign_second_moment(const PairProducts& pair) {
  return std::max(pair.xx * pair.yy + 2.0 * (pair.xy * pair.xy - pair.squares), 0.0);
}

ProductLaw::ProductLaw(const Kernel& kernel, const FeatureFunction& features)
    : series_(spectral_measure(kernel).series), sampling_(product_sampling(features, *series_)) {}

Scaled ProductLaw::kernel(const PairProducts& pair) const {
  if (pair.xy >= 0.0) return {1.0, series_->log_tail(0, pair.xy)};
  if (const auto& power = series_->as_power()) {
    const double base = pair.xy + power->offset;
    return {base < 0.0 && power->degree % 2 != 0 ? -1.0 : 1.0,
            static_cast<double>(power->degree) * std::log(std::abs(base))};
  }
  return {series_->value(pair.xy), 0.0};
}

Scaled ProductLaw::maclaurin_variance(const PairProducts& pair) const {
  const double r = sampling_.radius * sampling_.radius;
  const double t = sign_second_moment(pair);
  const double log_second = series_->log_tail(sampling_.first_random, r) +
                            series_->log_tail(sampling_.first_random, t / r);
  if (log_second == kNothing) return {};
  double log_mean = 0.0;
  if (pair.xy >= 0.0) {
    log_mean = series_->log_tail(sampling_.first_random, pair.xy);
  } else {
    double mean = series_->value(pair.xy);
    if (sampling_.first_random > 0) mean -= std::exp(series_->log_coefficient(0));
    if (sampling_.first_random > 1) mean -= std::exp(series_->log_coefficient(1)) * pair.xy;
    log_mean = std::log(std::abs(mean));
  }
  return {std::max(-std::expm1(2.0 * log_mean - log_second), 0.0), log_second};
}

Scaled ProductLaw::row_variance(const PairProducts& pair) const {
  if (!sampling_.sketches) return maclaurin_variance(pair);
  const Power& power = *series_->as_power();
  const Collisions c = collisions(pair, power.offset);
  if (c.unit == 0.0) return {};
  return {std::max(power_difference(c.u, c.a + c.b, power.degree), 0.0),
          static_cast<double>(power.degree) * std::log(c.unit)};
}

Scaled ProductLaw::block_variance(const PairProducts& pair) const {
  if (!sampling_.sketches) return maclaurin_variance(pair);
  const Power& power = *series_->as_power();
  const Collisions c = collisions(pair, power.offset);
  if (c.unit == 0.0) return {};
  return {
      std::max(power_difference(c.u, c.a, power.degree) + power_difference(c.u, c.b, power.degree),
               0.0),
      static_cast<double>(power.degree) * std::log(c.unit)};
}

ProductMoments::ProductMoments(const Door& door, const FeatureMapSpec& spec)
    : spec_(spec),
      geometry_(door, spec),
      law_(spec.kernel, spec.features),
      block_(block_law(spec)) {}

ProductMoments::Placed ProductMoments::place(const Door& door, const InputPair& pair) const {
  std::vector<double> u(static_cast<std::size_t>(geometry_.dim()));
  std::vector<double> v(u.size());
  const double log_factor =
      geometry_.place(Side::query, pair.x, u.data()) + geometry_.place(Side::key, pair.y, v.data());
  const PairProducts products = pair_products(u.data(), v.data(), geometry_.dim());
  require_product_length(door, "x", pair.row, products.xx);
  require_product_length(door, "y", pair.row, products.yy);
  return {products, log_factor};
}

KernelMoments ProductMoments::at(const Door& door, const InputPair& pair) const {
  const Placed placed = place(door, pair);
  const Scaled exact = shifted(law_.kernel(placed.products), placed.log_factor);
  const Scaled row = law_.row_variance(placed.products);
  const Scaled block = law_.block_variance(placed.products);
  const Index random = spec_.num_frequencies - block_.exact;
  // Both have the same scale.
  const double mean_square = block_.shares(random).mix(row.mantissa, 0.0, block.mantissa);
  const Scaled variance{mean_square / static_cast<double>(random),
                        row.log_scale + 2.0 * placed.log_factor};
  KernelMoments out;
  out.exact = out.mean = exact.value();
  out.log_exact = exact.log_magnitude();
  out.variance = variance.value();
  out.log_variance = variance.log_magnitude();
  out.relative_error = std::sqrt(shifted(variance, -2.0 * out.log_exact).value());
  return out;
}

ErrorParts ProductMoments::parts(const Door& door, const InputPair& pair, ErrorUnit unit) const {
  const Placed placed = place(door, pair);
  const double log_square =
      2.0 * (unit == ErrorUnit::relative ? -law_.kernel(placed.products).log_magnitude()
                                         : placed.log_factor);
  const double row = law_.row_variance(placed.products).log_magnitude() + log_square;
  const double block = law_.block_variance(placed.products).log_magnitude() + log_square;
  return {.log_variances = {.row = row, .pair = row, .block = block}};
}

double ProductMoments::row_moment(const Door& door, const InputPair& pair, int order) const {
  const PowerSeries series = *spectral_measure(spec_.kernel).series;
  const ProductSampling sampling = product_sampling(spec_.features, series);
  if (sampling.sketches || sampling.first_random > 0) {
    door.refuse("columns of " + to_text(spec_.features) +
                " features are not independent draws of one law");
  }
  std::vector<double> u(static_cast<std::size_t>(geometry_.dim()));
  std::vector<double> v(u.size());
  const double log_factor =
      geometry_.place(Side::query, pair.x, u.data()) + geometry_.place(Side::key, pair.y, v.data());
  // sum_n P(n) (f(r) / r^n)^order M^n with P(n) = a_n r^n / f(r).
  const double r = sampling.radius * sampling.radius;
  const double power = order - 1;
  return std::exp(power * series.log_tail(0, r) + order * log_factor) *
         series.value(sign_moment(order, u, v) / std::pow(r, power));
}

}  // namespace bochner::estimator
