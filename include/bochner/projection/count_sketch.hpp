// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Count sketches and their Fourier transforms, never a matrix: coordinate l goes to a random
/// bucket with a random sign [PhamPagh13]. O(d + D log D) per sketch of D buckets, of which a
/// TensorSketch has as many as its degree.
struct CountSketchProjection {
  static constexpr std::string_view name = "count-sketch";
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "tensor-sketch";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;
  bool is_structured(const FrequencyLaw& law) const;
  template <Scalar T>
  std::unique_ptr<const ProjectionOperator<T>> make_operator(const FrequencyLaw& law,
                                                             double factor) const;
  FrequencyNorms norms(const FrequencyLaw& law) const;
  double cost(const FrequencyLaw& law) const;

  friend bool operator==(const CountSketchProjection&, const CountSketchProjection&) = default;
};

}  // namespace bochner
