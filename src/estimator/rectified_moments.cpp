// SPDX-License-Identifier: Apache-2.0
#include "estimator/rectified_moments.hpp"

#include "estimator/row_law.hpp"
#include "kernel/standard_form.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bochner {

bool has_rectified_moments(const FeatureMapSpec& spec) {
  return spectral_measure(spec.kernel).rectifier.has_value() &&
         block_law(spec.projection, spec.input_dim).size == 1;
}

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
  return rectified_moment(*spectral_measure(spec.kernel).rectifier, order, product(u, v),
                          product(u, u), product(v, v));
}

KernelMoments rectified_moments(const FeatureMapSpec& spec, const double* x, const double* y) {
  const double second = rectified_row_moment(spec, 2, x, y);
  KernelMoments out;
  out.exact = out.mean = evaluate(spec.kernel, x, y, spec.input_dim);
  out.variance =
      std::max(second - out.exact * out.exact, 0.0) / static_cast<double>(spec.num_frequencies);
  out.log_exact = std::log(out.exact);
  out.log_variance = std::log(out.variance);
  out.relative_error = std::sqrt(out.variance) / std::abs(out.exact);
  return out;
}

}  // namespace bochner
