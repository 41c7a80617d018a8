// SPDX-License-Identifier: Apache-2.0
//
// Prints the nanoseconds of one call of `features` on 1 x 8 numbers, what Python's `transform` adds
// to. The best of several runs.
#include <bochner/feature_map.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

int main() {
  using Clock = std::chrono::steady_clock;
  constexpr int kCalls = 2000;
  const bochner::FeatureMap<float> map({.input_dim = 8, .num_frequencies = 16, .seed = {1}});
  const bochner::Matrix<float> x(1, 8);
  bochner::Matrix<float> phi(1, map.num_features());
  double best = 1e9;
  for (int run = 0; run < 9; ++run) {
    const auto start = Clock::now();
    for (int call = 0; call < kCalls; ++call) {
      bochner::features(map, x, phi, bochner::Side::query, {.num_threads = 1});
    }
    const std::chrono::duration<double, std::nano> time = Clock::now() - start;
    best = std::min(best, time.count() / kCalls);
  }
  std::printf("%.1f\n", best);
}
