// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The softmax (exponential dot-product) kernel k(x, y) = exp(scale A x . A y), A the metric's: by
/// default exp(scale x.y) [Choromanski21, sec. 2]. Rules that choose a scale from data choose
/// `scale` and leave the metric.
struct BOCHNER_EXPORT SoftmaxKernel {
  static constexpr std::string_view name = "softmax";
  double scale =
      1.0;  ///< finite, positive; attention's temperature, usually 1 / sqrt(head dimension)
  Metric metric{};

  /// The kernel of scaled dot-product attention with heads of `head_dim`: scale = 1 /
  /// sqrt(head_dim). Throws InvalidArgument when head_dim < 1.
  static SoftmaxKernel for_dimension(Index head_dim);

  static constexpr auto fields() {
    return std::tuple{Field{"scale", &SoftmaxKernel::scale},
                      Field{"metric", &SoftmaxKernel::metric}};
  }
  /// Texts hold a metric where there is one.
  static constexpr auto omitted_by_default() { return &SoftmaxKernel::metric; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::of_products;
  const double& dot_scale() const { return scale; }
  SpectralMeasure spectral_measure() const;
  StandardForm standard_form(Index dim) const;
  void values(const double* xy, double xx, const double* yy, double* out, Index count) const;

  friend bool operator==(const SoftmaxKernel&, const SoftmaxKernel&) = default;
};

}  // namespace bochner
