// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/alternatives.hpp>  // every kernel of this folder

#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

/// \file
/// The registry of kernels.

namespace bochner {

/// Every kernel there is. The list of alternatives is the registry: a new kernel is its own two
/// files and one name here.
// clang-format off
struct Kernel : std::variant<GaussianKernel,
                             SoftmaxKernel,
                             MaternKernel,
                             LaplacianKernel,
                             CauchyKernel,
                             RationalQuadraticKernel,
                             ExponentiatedPowerKernel,
                             GeneralisedCauchyKernel,
                             ArcCosineKernel,
                             AngularKernel,
                             ProductLaplacianKernel,
                             ProductCauchyKernel,
                             SpectralMixtureKernel,
                             SumKernel,
                             ProductKernel,
                             PolynomialKernel,
                             DotProductKernel> {
  using variant::variant;
};
// clang-format on

/// One term of a sum or product.
struct KernelTerm {
  static constexpr std::string_view name = "term";
  double weight = 1.0;         ///< positive, finite
  std::vector<Index> columns;  ///< those of the input that it sees, in this order; empty: all
  Kernel kernel{};
  static constexpr auto fields() {
    return std::tuple{Field{"weight", &KernelTerm::weight}, Field{"columns", &KernelTerm::columns},
                      Field{"kernel", &KernelTerm::kernel}};
  }
  friend bool operator==(const KernelTerm&, const KernelTerm&) = default;
};

/// k(x, y), exactly, for one pair of `dim` contiguous coordinates. O(dim), O(dim^2) for a full
/// metric. Rows far from the origin lose no digits. Throws InvalidArgument when the kernel's
/// options are not valid for `dim`, on NaN or infinity, and when the value leaves the range of
/// double.
BOCHNER_EXPORT double evaluate(const Kernel& kernel, const double* x, const double* y, Index dim);

}  // namespace bochner
