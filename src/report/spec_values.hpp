// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"

/// \file
/// What the columns of a record with a `spec` say of it.

namespace bochner::report {

inline constexpr auto spec_text = [](const auto& row) { return to_text(row.spec); };
inline constexpr auto features_text = [](const auto& row) { return to_text(row.spec.features); };
inline constexpr auto projection_text = [](const auto& row) {
  return to_text(row.spec.projection);
};
inline constexpr auto frequencies_of = [](const auto& row) { return row.spec.num_frequencies; };
inline constexpr auto columns_of = [](const auto& row) { return num_features(row.spec); };

}  // namespace bochner::report
