// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <array>
#include <string_view>

/// \file
/// Names of what a kernel says of itself to the library. The types are the library's own: declared
/// here, so that a kernel can declare its members, and defined in src/kernel.

namespace bochner {

struct SpectralMeasure;
struct StandardForm;
struct Rectifier;
class PowerSeries;

/// How a kernel says what it is; each family has members of its own (docs/extending).
enum class KernelFamily {
  radial,       ///< a function of r = |A (x - y)|, its frequencies a scale mixture of normals
  rectified,    ///< E f(w.A x) f(w.A y) with a rectifier f
  series,       ///< f(A x . A y) with a power series f
  product,      ///< a product of one function of each coordinate of A (x - y)
  of_products,  ///< given by the inner products of transformed rows
  of_rows,      ///< given by the transformed rows
};
constexpr std::array<std::string_view, 6> names_of(KernelFamily) {
  return {"radial", "rectified", "series", "product", "of-products", "of-rows"};
}

/// The quantile function of a coordinate of a frequency: from (0, 1) to the real numbers.
using Quantile = double (*)(double) noexcept;

}  // namespace bochner
