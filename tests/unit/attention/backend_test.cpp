// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/backend.hpp"
#include "bochner/client/attention/exact.hpp"
#include "bochner/core/error.hpp"
#include "simd/engine.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <ctime>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kDim = 64;
constexpr Index kFeatures = 256;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The first length, in steps of 64, for which random features win.
Index modelled_crossover(Mask mask) {
  Index length = 64;
  while (attention_backend({length, length}, kDim, kFeatures, mask) == AttentionBackend::exact) {
    length += 64;
  }
  return length;
}

/// Time of exact attention over that of random features, the best of some alternating pairs each.
double measured_ratio(Index length, Mask mask) {
  const Kernel kernel = SoftmaxKernel::for_dimension(kDim);
  const FeatureMap<float> map({.input_dim = kDim,
                               .num_frequencies = kFeatures,
                               .kernel = kernel,
                               .features = PositiveFeatures{}});
  std::vector<float> x(static_cast<std::size_t>(length * kDim));
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 17) / 17.0F - 0.5F;
  const TensorView<const float, 4> in(x.data(), {1, 1, length, kDim});
  const TensorView<float, 4> to(out.data(), {1, 1, length, kDim});
  const AttentionOptions options{.mask = mask};
  double exact = 1e9;
  double features = 1e9;
  for (int pair = 0; pair < 15; ++pair) {
    double start = thread_seconds();
    exact_attention<float>(kernel, {in, in, in}, to, options, {}, {.num_threads = 1});
    exact = std::min(exact, thread_seconds() - start);
    start = thread_seconds();
    attention<float>(map, {in, in, in}, to, options, {.num_threads = 1});
    features = std::min(features, thread_seconds() - start);
  }
  return exact / features;
}

}  // namespace

TEST_CASE("the modelled crossover lies within a factor of two of the measured one",
          "[attention][backend]") {
  if (simd::kernels<float>().name == "scalar") return;  // no machine is that slow
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const Index crossover = modelled_crossover(mask);
    INFO("crossover at " << crossover);
    CHECK(measured_ratio(crossover / 2, mask) < 1.0);
    CHECK(measured_ratio(2 * crossover, mask) > 1.0);
  }
}

TEST_CASE("attention_backend follows lengths, features and mask", "[attention][backend]") {
  using enum AttentionBackend;
  CHECK(attention_backend({64, 64}, 64, 256, Mask::none) == exact);
  CHECK(attention_backend({65536, 65536}, 64, 256, Mask::none) == random_features);
  CHECK(attention_backend({65536, 65536}, 64, 1 << 20, Mask::none) == exact);
  CHECK(attention_backend({0, 0}, 64, 256, Mask::none) == exact);
  CHECK(attention_backend({1, 65536}, 64, 256, Mask::causal) == exact);  // its keys alone cost more
  CHECK(modelled_crossover(Mask::causal) > modelled_crossover(Mask::none));
  // Four queries over ten keys see 7 + 8 + 9 + 10 of them.
  const AttentionCosts unit{.product = 0.5, .weight = 0.0, .feature = 0.0, .fold = 0.0};
  CHECK(attention_nanoseconds(exact, {4, 10}, 1, 1, Mask::causal, unit) == 34.0);
  CHECK(attention_nanoseconds(exact, {10, 4}, 1, 1, Mask::causal, unit) == 10.0);
  CHECK(attention_nanoseconds(random_features, {4, 10}, 1, 3, Mask::none, unit) == 42.0);
}

TEST_CASE("attention_backend refuses what no attention has", "[attention][backend]") {
  CHECK_THROWS_AS(attention_backend({-1, 1}, 1, 1, Mask::none), InvalidArgument);
  CHECK_THROWS_AS(attention_backend({1, -1}, 1, 1, Mask::none), InvalidArgument);
  CHECK_THROWS_AS(attention_backend({1, 1}, 0, 1, Mask::none), InvalidArgument);
  CHECK_THROWS_AS(attention_backend({1, 1}, 1, 0, Mask::none), InvalidArgument);
}

TEST_CASE("each function refuses in its own name", "[attention][backend]") {
  using Catch::Matchers::StartsWith;
  CHECK_THROWS_WITH(attention_backend({-1, 1}, 1, 1, Mask::none),
                    StartsWith("attention_backend: queries is -1"));
  CHECK_THROWS_WITH(attention_nanoseconds(AttentionBackend::exact, {1, -1}, 1, 1, Mask::none),
                    StartsWith("attention_nanoseconds: keys is -1"));
}
