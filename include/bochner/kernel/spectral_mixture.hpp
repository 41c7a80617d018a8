// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>
#include <vector>

namespace bochner {

/// One bell of a spectral density and its mirror image: normal with mean `means` and standard
/// deviation `scales`, both in cycles per unit of the input. One entry stands for all coordinates.
struct SpectralComponent {
  static constexpr std::string_view name = "component";
  double weight = 1.0;                              ///< positive, finite
  std::vector<double> means{0.0};                   ///< mu: one, or one per dimension, finite
  std::vector<double> scales{0.15915494309189535};  ///< sigma: likewise, not negative, finite
  static constexpr auto fields() {
    return std::tuple{Field{"weight", &SpectralComponent::weight},
                      Field{"means", &SpectralComponent::means},
                      Field{"scales", &SpectralComponent::scales}};
  }
  friend bool operator==(const SpectralComponent&, const SpectralComponent&) = default;
};

/// The spectral mixture kernel
///   k(x, y) = sum_q weight_q exp(-2 pi^2 sum_j sigma_qj^2 d_j^2) cos(2 pi mu_q.d),  d = x - y
/// [Wilson13, eq. 12]; k(x, x) is the sum of the weights. Its frequencies are w = 2 pi (mu_q +
/// sigma_q g) with probability weight_q over their sum, so that directions cannot be coupled: use
/// independent or Sobol frequencies. The default is the Gaussian of lengthscale 1.
struct SpectralMixtureKernel {
  static constexpr std::string_view name = "spectral-mixture";
  std::vector<SpectralComponent> components{{}};  ///< at least one
  static constexpr auto fields() {
    return std::tuple{Field{"components", &SpectralMixtureKernel::components}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::of_rows;
  SpectralMeasure spectral_measure() const;
  StandardForm standard_form(Index dim) const;
  void values_by_rows(const double* x, MatrixView<const double> y, double* out) const;

  friend bool operator==(const SpectralMixtureKernel&, const SpectralMixtureKernel&) = default;
};

}  // namespace bochner
