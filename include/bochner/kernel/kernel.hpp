// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/angular.hpp>
#include <bochner/kernel/arc_cosine.hpp>
#include <bochner/kernel/cauchy.hpp>
#include <bochner/kernel/dot_product.hpp>
#include <bochner/kernel/exponentiated_power.hpp>
#include <bochner/kernel/expression.hpp>
#include <bochner/kernel/gaussian.hpp>
#include <bochner/kernel/generalised_cauchy.hpp>
#include <bochner/kernel/laplacian.hpp>
#include <bochner/kernel/matern.hpp>
#include <bochner/kernel/polynomial.hpp>
#include <bochner/kernel/product_cauchy.hpp>
#include <bochner/kernel/product_laplacian.hpp>
#include <bochner/kernel/rational_quadratic.hpp>
#include <bochner/kernel/softmax.hpp>
#include <bochner/kernel/spectral_mixture.hpp>

#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

/// \file
/// The registry of kernels.

namespace bochner {

/// Every kernel there is. The list of alternatives is the registry: a new kernel is one file and
/// one name here.
using Kernel = std::variant<GaussianKernel, SoftmaxKernel, MaternKernel, LaplacianKernel,
                            CauchyKernel, RationalQuadraticKernel, ExponentiatedPowerKernel,
                            GeneralisedCauchyKernel, ArcCosineKernel, AngularKernel,
                            ProductLaplacianKernel, ProductCauchyKernel, SpectralMixtureKernel,
                            KernelSum, KernelProduct, PolynomialKernel, DotProductKernel>;

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
