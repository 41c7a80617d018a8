// SPDX-License-Identifier: Apache-2.0
#include "estimator/pair_moments.hpp"

#include "estimator/checks.hpp"
#include "estimator/hypotenuse.hpp"
#include "estimator/log_sum.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <string_view>
#include <vector>

namespace bochner::estimator {

PairMoments::PairMoments(const Door& door, const FeatureMapSpec& spec)
    : geometry_(door, spec),
      row_(row_law(spec.kernel, spec.features)),
      block_(closed_form_block(spec)),
      is_upper_(is_upper_estimate(spec)),
      num_frequencies_(static_cast<double>(spec.num_frequencies)),
      shares_(block_.shares(spec.num_frequencies)) {}

PairMoments::Placed PairMoments::place(const Door& door, const InputPair& pair) const {
  std::vector<double> coordinates(static_cast<std::size_t>(geometry_.dim()));
  const auto check = [&](Side side, std::string_view name, const double* row) {
    geometry_.place(side, row, coordinates.data());
    require_length(
        door, name, pair.row,
        std::inner_product(coordinates.begin(), coordinates.end(), coordinates.begin(), 0.0));
  };
  check(Side::query, "x", pair.x);
  check(Side::key, "y", pair.y);
  Placed placed;
  placed.s = geometry_.square(pair.x, pair.y);
  if (!row_.directions.empty()) placed.squares = geometry_.squares(pair.x, pair.y);
  placed.log_exact = geometry_.log_kernel(pair.x, pair.y);
  if (row_.argument == RowLaw::Argument::sum) {
    placed.log_unit = placed.log_exact;
  } else if (!row_.profile) {
    placed.log_unit = placed.log_exact - geometry_.log_ratio(placed.s);
  }  // A kernel that is a profile alone has the unit 1, also where it underflows.
  return placed;
}

RowMoments PairMoments::moments(const Placed& placed) const {
  if (row_.directions.empty()) return row_moments(row_, block_, placed.s);
  return row_moments(row_, block_, placed.s, direction_sum(row_, placed.squares));
}

KernelMoments PairMoments::at(const Door& door, const InputPair& pair) const {
  const Placed placed = place(door, pair);
  const RowMoments h = moments(placed);
  // All have the same scale.
  const double mean_square = shares_.mix(h.variance.mantissa, h.pair.mantissa, h.block.mantissa);
  const Scaled variance{mean_square / num_frequencies_, h.variance.log_scale};
  const double relative_unit = placed.log_unit - placed.log_exact;

  KernelMoments out;
  out.variance_is_upper = is_upper_;
  out.log_exact = placed.log_exact;
  out.exact = std::exp(placed.log_exact);
  out.bias = shifted(h.bias, placed.log_unit).value();
  out.mean = Scaled{std::exp(-relative_unit) + h.bias.value(), placed.log_unit}.value();
  out.log_variance = variance.log_magnitude() + 2.0 * placed.log_unit;
  out.variance = shifted(variance, 2.0 * placed.log_unit).value();
  out.relative_error = hypotenuse(shifted(h.bias, relative_unit).value(),
                                  std::sqrt(shifted(variance, 2.0 * relative_unit).value()));
  return out;
}

ErrorParts PairMoments::parts(const Door& door, const InputPair& pair, ErrorUnit unit) const {
  const Placed placed = place(door, pair);
  const RowMoments h = moments(placed);
  const double log_unit = placed.log_unit - (unit == ErrorUnit::relative ? placed.log_exact : 0.0);
  return {.log_variances = {.row = h.variance.log_magnitude() + 2.0 * log_unit,
                            .pair = h.pair.log_magnitude() + 2.0 * log_unit,
                            .block = h.block.log_magnitude() + 2.0 * log_unit},
          .bias = std::abs(shifted(h.bias, log_unit).value()),
          .log_range = log_range(placed, unit)};
}

// f = U h with h in [-1, 1], or [-2, 2] with a random phase.
double PairMoments::log_range(const Placed& placed, ErrorUnit unit) const {
  const bool relative = unit == ErrorUnit::relative;
  if (row_.argument == RowLaw::Argument::sum || (relative && std::isinf(placed.log_exact))) {
    return std::numeric_limits<double>::infinity();
  }
  const double log_largest = row_.phase_variance > 0.0 ? std::numbers::ln2 : 0.0;
  return log_sum(placed.log_exact, log_largest + placed.log_unit) -
         (relative ? placed.log_exact : 0.0);
}

double PairMoments::row_moment(const Door& door, const InputPair& pair, int order) const {
  const Placed placed = place(door, pair);
  const Scaled moment = row_.directions.empty() ? raw_moment(row_, block_, order, placed.s)
                                                : raw_moment(row_, order, placed.squares);
  return shifted(moment, order * placed.log_unit).value();
}

}  // namespace bochner::estimator
