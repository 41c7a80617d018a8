// SPDX-License-Identifier: Apache-2.0
#include "estimator/direct_moments.hpp"

#include "estimator/row_law.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <variant>

namespace bochner::estimator {
namespace {

double rectified_row_moment(const FeatureMapSpec& spec, int order, const double* x,
                            const double* y) {
  const StandardForm form = standard_form(spec.kernel, spec.input_dim);
  std::vector<double> u(static_cast<std::size_t>(spec.input_dim));
  std::vector<double> v(u.size());
  form.transform.apply(x, u.data());
  form.transform.apply(y, v.data());
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  return kernels::rectified_moment(*spectral_measure(spec.kernel).rectifier(), order, product(u, v),
                                   product(u, u), product(v, v));
}

/// E cos^order w.d + the same with a phase: cos(w.d) + cos(a uniform angle) in its place.
double periodic_row_moment(const FeatureMapSpec& spec, int order, const double* x,
                           const double* y) {
  std::vector<double> difference(static_cast<std::size_t>(spec.input_dim));
  const std::vector<double> zero(difference.size(), 0.0);
  const double scale = standard_form(spec.kernel, spec.input_dim).scale;
  // E cos(multiple w.d)
  const auto harmonic = [&](double multiple) {
    for (std::size_t k = 0; k < zero.size(); ++k) difference[k] = multiple * (x[k] - y[k]);
    return evaluate(spec.kernel, difference.data(), zero.data(), spec.input_dim) / scale;
  };
  const auto cosine_power = [&](int power) {
    switch (power) {
      case 0:
        return 1.0;
      case 1:
        return harmonic(1.0);
      case 2:
        return 0.5 + 0.5 * harmonic(2.0);
      case 3:
        return 0.75 * harmonic(1.0) + 0.25 * harmonic(3.0);
      default:
        return 0.375 + 0.5 * harmonic(2.0) + 0.125 * harmonic(4.0);
    }
  };
  double moment = cosine_power(order);
  if (row_law(spec.features).phase_variance > 0.0) {
    // The uniform angle's cosine has moments 1/2 and 3/8 of order 2 and 4.
    if (order == 2) moment += 0.5;
    if (order == 3) moment += 1.5 * cosine_power(1);
    if (order == 4) moment += 3.0 * cosine_power(2) + 0.375;
  }
  return std::pow(scale, order) * moment;
}

double row_power(const FeatureMapSpec& spec, int order, const InputPair& pair) {
  return spectral_measure(spec.kernel).rectifier()
             ? rectified_row_moment(spec, order, pair.x, pair.y)
             : periodic_row_moment(spec, order, pair.x, pair.y);
}

}  // namespace

bool has_direct_moments(const FeatureMapSpec& spec) {
  const SpectralMeasure measure = spectral_measure(spec.kernel);
  return (measure.rectifier() || measure.whole()) &&
         block_law(spec.projection, spec.input_dim).independent();
}

double DirectMoments::row_variance(const InputPair& pair, double exact) const {
  return std::max(row_power(spec_, 2, pair) - exact * exact, 0.0);
}

KernelMoments DirectMoments::at(const Door& /*door*/, const InputPair& pair) const {
  KernelMoments out;
  out.exact = out.mean = evaluate(spec_.kernel, pair.x, pair.y, spec_.input_dim);
  out.variance = row_variance(pair, out.exact) / static_cast<double>(spec_.num_frequencies);
  out.log_exact = std::log(std::abs(out.exact));
  out.log_variance = std::log(out.variance);
  out.relative_error = std::sqrt(out.variance) / std::abs(out.exact);
  return out;
}

ErrorParts DirectMoments::parts(const Door& /*door*/, const InputPair& pair, ErrorUnit unit) const {
  const double exact = evaluate(spec_.kernel, pair.x, pair.y, spec_.input_dim);
  const double log_unit = unit == ErrorUnit::relative ? std::log(std::abs(exact)) : 0.0;
  const double log_variance = std::log(row_variance(pair, exact)) - 2.0 * log_unit;
  return {.log_variances = {.row = log_variance, .pair = log_variance, .block = log_variance}};
}

double DirectMoments::row_moment(const Door& /*door*/, const InputPair& pair, int order) const {
  return row_power(spec_, order, pair);
}

}  // namespace bochner::estimator
