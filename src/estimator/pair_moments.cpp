// SPDX-License-Identifier: Apache-2.0
#include "estimator/pair_moments.hpp"

#include "estimator/row_moments.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace bochner {

PairMoments::PairMoments(const FeatureMapSpec& spec)
    : geometry_(spec),
      row_(row_law(spec.kernel, spec.features)),
      block_(block_law(spec.projection, spec.input_dim)),
      num_frequencies_(static_cast<double>(spec.num_frequencies)),
      shares_(block_.shares(spec.num_frequencies)) {}

PlacedPair PairMoments::place(const char* function, Index index, const double* x,
                              const double* y) const {
  std::vector<double> placed(static_cast<std::size_t>(geometry_.dim()));
  const auto check = [&](Side side, const char* name, const double* row) {
    geometry_.place(side, row, placed.data());
    check_length(function, name, index,
                 std::inner_product(placed.begin(), placed.end(), placed.begin(), 0.0));
  };
  check(Side::query, "x", x);
  check(Side::key, "y", y);
  PlacedPair pair{.s = geometry_.square(x, y), .log_exact = geometry_.log_kernel(x, y)};
  if (row_.argument == RowLaw::Argument::sum) {
    pair.log_unit = pair.log_exact;
  } else if (!row_.profile) {
    pair.log_unit = pair.log_exact - geometry_.log_ratio(pair.s);
  }  // A kernel that is a profile alone has the unit 1, also where it underflows.
  return pair;
}

KernelMoments PairMoments::at(const PlacedPair& pair) const {
  const RowMoments h = row_moments(row_, block_, pair.s);
  // All have the same scale.
  const double mean_square = shares_.mix(h.variance.mantissa, h.pair.mantissa, h.block.mantissa);
  const Scaled variance{mean_square / num_frequencies_, h.variance.log_scale};
  const double relative_unit = pair.log_unit - pair.log_exact;

  KernelMoments out;
  out.log_exact = pair.log_exact;
  out.exact = std::exp(pair.log_exact);
  out.bias = shifted(h.bias, pair.log_unit).value();
  out.mean = Scaled{std::exp(-relative_unit) + h.bias.value(), pair.log_unit}.value();
  out.log_variance = variance.log_magnitude() + 2.0 * pair.log_unit;
  out.variance = shifted(variance, 2.0 * pair.log_unit).value();
  out.relative_error = std::hypot(shifted(h.bias, relative_unit).value(),
                                  std::sqrt(shifted(variance, 2.0 * relative_unit).value()));
  return out;
}

PairMoments::Parts PairMoments::in_units(const PlacedPair& pair, ErrorUnit unit) const {
  const RowMoments h = row_moments(row_, block_, pair.s);
  const double log_unit = pair.log_unit - (unit == ErrorUnit::relative ? pair.log_exact : 0.0);
  return {.log_variances = {.row = h.variance.log_magnitude() + 2.0 * log_unit,
                            .pair = h.pair.log_magnitude() + 2.0 * log_unit,
                            .block = h.block.log_magnitude() + 2.0 * log_unit},
          .bias = std::abs(shifted(h.bias, log_unit).value())};
}

double PairMoments::raw(int order, const PlacedPair& pair) const {
  return shifted(raw_moment(row_, block_, order, pair.s), order * pair.log_unit).value();
}

}  // namespace bochner
