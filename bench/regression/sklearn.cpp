// SPDX-License-Identifier: Apache-2.0
#include "bench/regression/sklearn.hpp"

#include <cstdio>
#include <memory>

namespace bochner::bench {
namespace {

struct Close {
  void operator()(std::FILE* file) const { pclose(file); }
};

}  // namespace

std::optional<SklearnBest> sklearn_best(const std::string& folder, Index num_features) {
  const std::string command =
      "/usr/bin/python3 " BOCHNER_SKLEARN_GRID " '" + folder + "' " + std::to_string(num_features);
  const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "r"));
  SklearnBest best;
  if (!pipe || std::fscanf(pipe.get(), "%lf %lf %lf", &best.error, &best.gamma, &best.alpha) != 3) {
    return std::nullopt;
  }
  return best;
}

}  // namespace bochner::bench
