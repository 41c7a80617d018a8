// SPDX-License-Identifier: Apache-2.0
#include "estimator/pair_geometry.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace bochner::estimator {
namespace {

double product(const std::vector<double>& x, const double* y) {
  return std::inner_product(x.begin(), x.end(), y, 0.0);
}

}  // namespace

PairGeometry::PairGeometry(const Door& door, const FeatureMapSpec& spec) : dim_(spec.input_dim) {
  validate(spec);
  if (const auto gap = closed_form_gap(spec.kernel, spec.projection)) door.refuse(*gap);
  law_ = row_law(spec.kernel, spec.features);
  kernel_ = standard_form(spec.kernel, dim_);
  // A map of sums has e^{|x~ + y~|^2 / 2} for its mean and takes the squares away.
  norm_weight_ = kernel_.amplitude - (law_.argument == RowLaw::Argument::sum ? 2.0 : 0.0);
  if (law_.argument == RowLaw::Argument::product) norm_weight_ = 0.0;
  terms_ = pair_terms<double>(spec.transform, kernel_, 0.0);
}

double PairGeometry::place(Side side, const double* x, double* out) const {
  const SideTerms<double>& terms = terms_.of(side);
  if (terms.centre.empty()) {
    terms.transform.apply(x, out);
  } else {
    std::vector<double> centred(terms.centre);
    for (std::size_t k = 0; k < centred.size(); ++k) centred[k] = x[k] - centred[k];
    terms.transform.apply(centred.data(), out);
  }
  const double squared_norm = std::inner_product(out, out + dim_, out, 0.0);
  return 0.5 * norm_weight_ * squared_norm + product(terms.tilt, out) + terms.constant;
}

double PairGeometry::square(const double* x, const double* y) const {
  if (kernel_.shift_invariant && law_.argument == RowLaw::Argument::difference) {
    return squared_difference(x, y);
  }
  std::vector<double> u(static_cast<std::size_t>(dim_));
  std::vector<double> v(u.size());
  place(Side::query, x, u.data());
  place(Side::key, y, v.data());
  return squared_distance(u.data(), law_.sign(), v.data(), dim_);
}

std::vector<double> PairGeometry::squares(const double* x, const double* y) const {
  std::vector<double> out(static_cast<std::size_t>(dim_));
  std::vector<double> v(out.size());
  place(Side::query, x, out.data());
  place(Side::key, y, v.data());
  for (std::size_t k = 0; k < out.size(); ++k) {
    const double entry = out[k] + law_.sign() * v[k];
    out[k] = entry * entry;
  }
  return out;
}

double PairGeometry::squared_difference(const double* x, const double* y) const {
  std::vector<double> difference(x, x + dim_);
  for (std::size_t k = 0; k < difference.size(); ++k) difference[k] -= y[k];
  std::vector<double> placed(difference.size());
  transform(difference.data(), placed.data());
  return product(placed, placed.data());
}

double PairGeometry::log_kernel(const double* x, const double* y) const {
  if (kernel_.shift_invariant) return log_difference_kernel(squared_difference(x, y));
  std::vector<double> u(static_cast<std::size_t>(dim_));
  std::vector<double> v(u.size());
  transform(x, u.data());
  transform(y, v.data());
  const double distance = squared_distance(u.data(), -1.0, v.data(), dim_);
  if (law_.profile) return std::log(law_.profile(distance));
  return kernel_.amplitude * product(u, v.data()) - 0.5 * (1.0 - kernel_.amplitude) * distance;
}

double PairGeometry::log_difference_kernel(double square) const {
  return law_.profile ? std::log(law_.profile(square)) : -0.5 * square;
}

double PairGeometry::log_ratio(double s) const {
  return law_.profile ? std::log(law_.profile(s)) : 0.5 * law_.sign() * s;
}

double squared_distance(const double* x, double sign, const double* y, Index dim) noexcept {
  double sum = 0.0;
  for (Index k = 0; k < dim; ++k) {
    const double entry = x[k] + sign * y[k];
    sum += entry * entry;
  }
  return sum;
}

}  // namespace bochner::estimator
