// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/map_choice.hpp"

#include "interface/cli/common_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/registry.hpp"

#include <optional>
#include <vector>

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
  std::vector<FeatureFunction> functions{TrigonometricFeatures{}, RectifiedFeatures{},
                                         TensorSketchFeatures{}, MaclaurinFeatures{}};
  if (features != kAuto) functions = {parse_option("--features", features, parse_features)};
  std::vector<Projection> projections{OrthogonalProjection{}};
  for (const Projection& other : all_alternatives<Projection>()) projections.push_back(other);
  if (projection != kAuto) {
    projections = {parse_option("--projection", projection, parse_projection)};
  }
  std::optional<std::string> reason;
  for (const FeatureFunction& f : functions) {
    for (const Projection& p : projections) {
      const auto conflict = incompatibility(kernel, p, f);
      if (!conflict) return {f, p};
      if (!reason) reason = conflict;
    }
  }
  throw UsageError(*reason);
}

}  // namespace bochner::cli
