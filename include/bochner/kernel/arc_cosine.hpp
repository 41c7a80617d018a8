// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The arc-cosine kernel of order n [ChoSaul09], the infinitely wide layer of rectified units, with
/// u = A x, v = A y at an angle t and c = offset:
///   k(x, y) = E f(w.u) f(w.v),  f(p) = sqrt(2) max(p, 0)^n + c  (0^0 = 0),  w normal,
/// which for c = 0 is |u|^n |v|^n J_n(t) / pi with J_0 = pi - t, J_1 = sin t + (pi - t) cos t, J_2
/// = 3 sin t cos t + (pi - t)(1 + 2 cos^2 t). Not shift-invariant; a row of zeros has k = c^2 +
/// sqrt(2) c E max(p, 0)^n.
struct BOCHNER_EXPORT ArcCosineKernel {
  static constexpr std::string_view name = "arc-cosine";
  int order = 1;        ///< n: 0 (steps), 1 (rectified linear units) or 2
  double offset = 0.0;  ///< c, finite; a positive one keeps every feature positive
  Metric metric{};

  /// Generalised attention with rectified linear units [Choromanski21, sec. 2.2]: the features are
  /// sqrt(2) (max(p, 0) + epsilon), and attention does not see the factor. Throws InvalidArgument
  /// unless epsilon is finite and not negative.
  static ArcCosineKernel relu_attention(double epsilon = 1e-3);

  static constexpr auto fields() {
    return std::tuple{Field{"order", &ArcCosineKernel::order},
                      Field{"offset", &ArcCosineKernel::offset},
                      Field{"metric", &ArcCosineKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::rectified;
  void check_options() const;
  Rectifier rectifier() const;

  friend bool operator==(const ArcCosineKernel&, const ArcCosineKernel&) = default;
};

}  // namespace bochner
