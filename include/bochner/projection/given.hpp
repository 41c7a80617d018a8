// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/projection/given_frequencies.hpp>
#include <bochner/projection/parts.hpp>

#include <array>
#include <string_view>
#include <tuple>

namespace bochner {

/// How given frequencies were drawn.
enum class GivenLaw {
  unknown,     ///< or not at all
  independent  ///< each by itself, from the kernel's own spectral measure
};
constexpr std::array<std::string_view, 2> names_of(GivenLaw) { return {"unknown", "independent"}; }

/// Frequencies that the caller brings, such as the projection matrix of a trained Performer or the
/// weights of another library's features; they act on the rows that the kernel's metric and scale
/// have transformed. The seed draws nothing but phases that are not given. Errors are estimated
/// from the rows as if these were independent draws; predictions of errors hold where the caller
/// says that they are, without weights, and are refused elsewhere.
struct GivenProjection {
  static constexpr std::string_view name = "given";
  GivenFrequencies frequencies{};  ///< num_frequencies x input_dim
  GivenLaw law = GivenLaw::unknown;
  bool exact_marginal() const { return law == GivenLaw::independent; }
  static constexpr auto fields() {
    return std::tuple{Field{"frequencies", &GivenProjection::frequencies},
                      Field{"law", &GivenProjection::law}};
  }
  static constexpr auto omitted_by_default() { return &GivenProjection::law; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& wanted) const;
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& wanted) const;

  friend bool operator==(const GivenProjection&, const GivenProjection&) = default;
};

}  // namespace bochner
