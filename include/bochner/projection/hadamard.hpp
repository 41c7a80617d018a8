// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/projection/parts.hpp>
#include <bochner/projection/radii.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Structured orthogonal frequencies: per block, `rounds` rounds of random signs and a normalised
/// Walsh-Hadamard transform of size p, the input dimension padded to a power of two, times
/// independent chi(p) radii [Yu16, Choromanski17]. O(p log p) per block of p frequencies, O(p)
/// memory, nothing is materialised. The marginal law is nearly, not exactly, normal (bias below 0.2
/// % with three rounds and p >= 16); below p = 16 the block is an exact Haar one.
struct HadamardProjection {
  static constexpr std::string_view name = "hadamard";
  int rounds = 3;  ///< 1 to 8; fewer than 3 are biased on sparse inputs
  Radii radii = Radii::sampled;
  static constexpr bool exact_marginal() { return false; }
  static constexpr auto fields() {
    return std::tuple{Field{"rounds", &HadamardProjection::rounds},
                      Field{"radii", &HadamardProjection::radii}};
  }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return true; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& law) const;
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;
  bool is_structured(const FrequencyLaw& law) const;
  template <Scalar T>
  std::unique_ptr<const ProjectionOperator<T>> make_operator(const FrequencyLaw& law,
                                                             double factor) const;
  FrequencyNorms norms(const FrequencyLaw& law) const;
  double cost(const FrequencyLaw& law) const;

  friend bool operator==(const HadamardProjection&, const HadamardProjection&) = default;
};

}  // namespace bochner
