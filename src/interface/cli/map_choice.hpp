// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"

#include <CLI/CLI.hpp>

#include <string>

/// \file
/// The options that choose feature function and projection, either of which may be left to the
/// kernel.

namespace bochner::cli {

/// Declares --features, which may be auto.
void declare_features(CLI::App& app, std::string& text);

struct MapChoice {
  FeatureFunction features;
  Projection projection;
};

/// What "--features" and "--projection" say; "auto" is the first that goes with the kernel and the
/// other one: trigonometric features and orthogonal frequencies where they can be had. Throws
/// UsageError for text that is neither, and when nothing goes together, with the reason.
MapChoice choose_map(const Kernel& kernel, const std::string& features,
                     const std::string& projection);

}  // namespace bochner::cli
