// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <optional>
#include <string>

namespace bochner::bench {

/// Where scikit-learn's RBFSampler + Ridge does best on colorado's held-out stations.
struct SklearnBest {
  double error = 0.0;  ///< root mean square, degrees
  double gamma = 0.0;
  double alpha = 0.0;
};

/// Nothing where scikit-learn is not installed.
std::optional<SklearnBest> sklearn_best(const std::string& folder, Index num_features);

}  // namespace bochner::bench
