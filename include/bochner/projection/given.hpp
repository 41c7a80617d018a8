// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/projection/given_frequencies.hpp>
#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Frequencies that the caller brings, such as the projection matrix of a trained Performer or the
/// weights of another library's features; they act on the rows that the kernel's metric and scale
/// have transformed. The seed draws nothing but phases that are not given. No law of them is known:
/// errors are estimated from the rows as if these were independent draws, and predictions of errors
/// are refused.
struct GivenProjection {
  static constexpr std::string_view name = "given";
  GivenFrequencies frequencies{};  ///< num_frequencies x input_dim
  static constexpr bool exact_marginal() { return false; }
  static constexpr auto fields() {
    return std::tuple{Field{"frequencies", &GivenProjection::frequencies}};
  }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& law) const;
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const GivenProjection&, const GivenProjection&) = default;
};

}  // namespace bochner
