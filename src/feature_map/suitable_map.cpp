// SPDX-License-Identifier: Apache-2.0
#include "feature_map/suitable_map.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/registry.hpp"

#include <string>
#include <vector>

namespace bochner::feature_map {

SuitableMap suitable_map(const Kernel& kernel, const std::optional<FeatureFunction>& features,
                         const std::optional<Projection>& projection) {
  std::vector<FeatureFunction> functions{TrigonometricFeatures{}, RectifiedFeatures{},
                                         TensorSketchFeatures{}, MaclaurinFeatures{}};
  if (features) functions = {*features};
  std::vector<Projection> projections{OrthogonalProjection{}};
  for (const Projection& other : all_alternatives<Projection>()) projections.push_back(other);
  if (projection) projections = {*projection};
  std::optional<std::string> reason;
  for (const FeatureFunction& f : functions) {
    for (const Projection& p : projections) {
      const auto conflict = incompatibility(kernel, p, f);
      if (!conflict) return {f, p};
      if (!reason) reason = conflict;
    }
  }
  throw InvalidArgument(*reason);
}

}  // namespace bochner::feature_map
