// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/projection/projection.hpp"
#include "projection/block_law.hpp"
#include "projection/operator.hpp"

#include <concepts>
#include <memory>
#include <string_view>
#include <variant>

/// \file
/// What a projection in the registry must say about itself, so that an error names what is missing.

namespace bochner::projections {

/// `partner` names the one feature function that goes with it; empty: any that names no partner.
/// `check` throws InvalidArgument for options out of range and for more frequencies or dimensions
/// than there are. `draw` gives the frequencies as rows, row i from its own counters (or its
/// block's) alone, so that more frequencies keep the old ones.
template <class P>
concept ProjectionAlternative = requires(const P& projection, const FrequencyLaw& law, Index dim) {
  { P::name } -> std::convertible_to<std::string_view>;
  P::fields();
  { projection.exact_marginal() } -> std::same_as<bool>;
  { projection.couples_directions() } -> std::same_as<bool>;
  { P::partner } -> std::convertible_to<std::string_view>;
  { projection.check(law) } -> std::same_as<void>;
  { projection.block_law(dim) } -> std::same_as<BlockLaw>;
  { projection.draw(law) } -> std::same_as<Matrix<double>>;
};

/// A projection that is not always a matrix.
template <class P>
concept StructuredProjection = requires(const P& projection, const FrequencyLaw& law) {
  { projection.is_structured(law) } -> std::same_as<bool>;
};

/// What it has in addition: where it `is_structured`, it is an operator and knows the norms of its
/// frequencies and the multiplications per row.
template <class P>
concept ProjectionOperators = requires(const P& projection, const FrequencyLaw& law) {
  {
    projection.template make_operator<float>(law, 1.0)
    } -> std::same_as<std::unique_ptr<const ProjectionOperator<float>>>;
  {
    projection.template make_operator<double>(law, 1.0)
    } -> std::same_as<std::unique_ptr<const ProjectionOperator<double>>>;
  { projection.norms(law) } -> std::same_as<FrequencyNorms>;
  { projection.cost(law) } -> std::same_as<double>;
};

/// A projection whose frequencies are the caller's.
template <class P>
concept GivesFrequencies = requires(const P& projection) {
  { projection.frequencies } -> std::same_as<const GivenFrequencies&>;
};

/// Fails to compile, naming what is missing, unless the projection is complete.
template <class P>
constexpr bool is_complete() {
  static_assert(std::equality_comparable<P>);
  static_assert(ProjectionAlternative<P>);
  if constexpr (StructuredProjection<P>) static_assert(ProjectionOperators<P>);
  return true;
}

template <class... P>
constexpr bool all_complete(const std::variant<P...>* /*type*/) {
  return (is_complete<P>() && ...);
}

}  // namespace bochner::projections
