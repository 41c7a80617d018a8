// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "feature_map/suitable_map.hpp"

#include <CLI/CLI.hpp>

#include <string>

/// \file
/// The options that choose feature function and projection, either of which may be left to the
/// kernel.

namespace bochner::cli {

/// Declares --features, which may be auto.
void declare_features(CLI::App& app, std::string& text);

using MapChoice = feature_map::SuitableMap;

/// What "--features" and "--projection" say; "auto" leaves it to `suitable_map`. Throws UsageError
/// for text that is neither, and when nothing goes together, with the reason.
MapChoice choose_map(const Kernel& kernel, const std::string& features,
                     const std::string& projection);

}  // namespace bochner::cli
