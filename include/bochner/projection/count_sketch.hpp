// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tuple>

namespace bochner {

/// Count sketches and their Fourier transforms, never a matrix: coordinate l goes to a random
/// bucket with a random sign [PhamPagh13]. O(d + D log D) a sketch of D buckets, of which a
/// TensorSketch has as many as its degree.
struct CountSketchProjection {
  static constexpr std::string_view name = "count-sketch";
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }
  friend bool operator==(const CountSketchProjection&, const CountSketchProjection&) = default;
};

}  // namespace bochner
