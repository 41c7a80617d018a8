// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The coordinates themselves, w_j = e_j, as many as there are inputs: nothing is drawn and nothing
/// multiplied, O(d) per row. The projections of `IdentityFeatures`.
struct CoordinatesProjection {
  static constexpr std::string_view name = "coordinates";
  static constexpr bool exact_marginal() { return false; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "identity";
  void check(const FrequencyLaw& law) const;
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;
  bool is_structured(const FrequencyLaw& law) const;
  template <Scalar T>
  std::unique_ptr<const ProjectionOperator<T>> make_operator(const FrequencyLaw& law,
                                                             double factor) const;
  FrequencyNorms norms(const FrequencyLaw& law) const;
  double cost(const FrequencyLaw& law) const;

  friend bool operator==(const CoordinatesProjection&, const CoordinatesProjection&) = default;
};

}  // namespace bochner
