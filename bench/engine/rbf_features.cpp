// SPDX-License-Identifier: Apache-2.0

// Paired features of the Gaussian kernel, for Python's ctypes.

#include "bench/engine/problem.hpp"

#include <memory>

using namespace bochner;

extern "C" {

[[gnu::visibility("default")]] void* rbf_features_new(Index d, Index m, int hadamard) {
  const Projection projection = hadamard != 0 ? Projection(HadamardProjection{}) : IidProjection{};
  return std::make_unique<FeatureMap<float>>(bench::paired_spec(d, m, projection)).release();
}

[[gnu::visibility("default")]] void rbf_features_apply(const void* map, const float* x, Index n,
                                                       float* phi, std::int32_t* exponent,
                                                       int threads) {
  const auto& features = *static_cast<const FeatureMap<float>*>(map);
  features.apply(
      Side::query, MatrixView<const float>(x, n, features.input_dim()),
      {MatrixView<float>(phi, n, features.num_features()), {exponent, static_cast<std::size_t>(n)}},
      {.num_threads = threads});
}

[[gnu::visibility("default")]] void rbf_features_delete(void* map) {
  std::unique_ptr<FeatureMap<float>>(static_cast<FeatureMap<float>*>(map)).reset();
}
}
