// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// TensorSketch [PhamPagh13] of a polynomial kernel: the circular convolution of `degree`
/// independent count sketches of (x, sqrt(offset)), left in the Fourier domain, where convolving is
/// multiplying and inner products are the same. Columns are the real and imaginary parts. One
/// sketch for each power of two in num_frequencies, so that powers of two are best.
struct TensorSketchFeatures {
  static constexpr std::string_view name = "tensor-sketch";
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{}; }
  friend bool operator==(const TensorSketchFeatures&, const TensorSketchFeatures&) = default;
};

}  // namespace bochner
