// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The Gaussian (squared exponential, RBF) kernel k(x, y) = exp(-r^2 / 2), r = |A (x - y)|, with
/// the metric's A; for an isotropic lengthscale l, exp(-|x - y|^2 / (2 l^2)). Its frequencies are
/// normal.
struct GaussianKernel {
  static constexpr std::string_view name = "gaussian";
  Metric metric{};
  static constexpr auto fields() { return std::tuple{Field{"metric", &GaussianKernel::metric}}; }
  friend bool operator==(const GaussianKernel&, const GaussianKernel&) = default;
};

}  // namespace bochner
