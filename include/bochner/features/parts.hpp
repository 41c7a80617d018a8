// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/random/stream.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// \file
/// Names of what a feature function says of itself to the library. The types are the library's own:
/// declared here, so that a feature function can declare its members, and defined in src.

namespace bochner {

struct ExponentialLaw;
struct FrequencyLaw;
struct FrequencyNorms;
class PowerSeries;
struct ProductLayout;
struct ProductSampling;
struct RowLaw;
struct SpectralMeasure;
struct StageInput;
struct StandardForm;
template <Scalar T>
class FeatureStage;

/// One number for all directions, or a list with one per direction (input_dim of them).
using PerDirection = std::variant<double, std::vector<double>>;

}  // namespace bochner
