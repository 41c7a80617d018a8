// SPDX-License-Identifier: Apache-2.0
#include "study/attention_forecast.hpp"

#include "bochner/core/matrix.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>

using namespace bochner;

TEST_CASE("a forecast of exact attention knows how many threads share the work",
          "[attention_study]") {
  constexpr Index kLength = 2048;
  constexpr Index kDim = 16;
  // Heads are one and the same, and many enough for a forecast to be made.
  Matrix<float> rows(kLength, kDim);
  for (Index i = 0; i < rows.size(); ++i) rows.data()[i] = 0.01F * static_cast<float>(i % 13);
  const auto seconds = [&](Index heads, int threads) {
    const TensorView<const float, 4> view(rows.data(), {1, heads, kLength, kDim}, {0, 0, kDim, 1});
    double least = std::numeric_limits<double>::infinity();
    for (int run = 0; run < 5; ++run) {
      least = std::min(least, study::exact_attention_seconds<float>(
                                  SoftmaxKernel{}, {view, view, view}, Mask::none,
                                  Execution{.num_threads = threads}));
    }
    return least;
  };
  const double alone = seconds(2048, 1);
  CHECK(alone > 0.0);
  CHECK(seconds(2048, 8) < alone / 3.0);
  CHECK(seconds(2048, 8) > alone / 24.0);
  CHECK(seconds(1, 1) == 0.0);
}
