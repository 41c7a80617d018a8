// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The inverse multiquadric kernel k(x, y) = 1 / sqrt(1 + r^2), r = |A (x - y)|. Its frequencies
/// are w = g sqrt(2 G), G ~ Gamma(1/2).
struct InverseMultiquadricKernel {
  static constexpr std::string_view name = "inverse-multiquadric";
  Metric metric{};
  static constexpr auto fields() {
    return std::tuple{Field{"metric", &InverseMultiquadricKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const {}
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const InverseMultiquadricKernel&,
                         const InverseMultiquadricKernel&) = default;
};

}  // namespace bochner
