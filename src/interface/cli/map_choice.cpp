// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/map_choice.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <optional>

namespace bochner::cli {
namespace {

constexpr const char* kAuto = "auto";

}  // namespace

void declare_features(CLI::App& app, std::string& text) {
  declare_text(app, "--features", text, "FEATURES",
               "Feature function: auto (the kernel's; trigonometric as a rule), " +
                   names_of<FeatureFunction>());
}

MapChoice choose_map(const Kernel& kernel, const std::string& features,
                     const std::string& projection) {
  std::optional<FeatureFunction> function;
  if (features != kAuto) function = parse_option("--features", features, parse_features);
  std::optional<Projection> given;
  if (projection != kAuto) given = parse_option("--projection", projection, parse_projection);
  try {
    return feature_map::suitable_map(kernel, function, given);
  } catch (const InvalidArgument& reason) {
    throw UsageError(reason.what());
  }
}

}  // namespace bochner::cli
