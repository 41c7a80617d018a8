// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/problem.hpp"
#include "bench/support/report.hpp"
#include "bochner/client/attention/backend.hpp"
#include "bochner/core/matrix.hpp"
#include "simd/engine.hpp"

/// \file
/// The constants of `AttentionCosts` on this machine: of a product by itself; of the others as what
/// whole calls take beyond their products.

int main(int argc, char** argv) {
  using namespace bochner;
  bench::Report report(argc, argv);
  constexpr Index kHeads = 2;
  constexpr Index kRows = 4096;
  constexpr Index kFeatures = 256;
  constexpr Index kDim = bench::AttentionBench::kDim;
  bench::AttentionBench problem(kHeads, kRows);
  const FeatureMap<float> map = bench::AttentionBench::map(OrthogonalProjection{}, kFeatures);

  const Index ld = simd::padded<float>(kFeatures);
  const Matrix<float> phi(simd::kBlockRows, ld);
  const Matrix<float> state(kFeatures, kDim);
  Matrix<float> part(simd::kBlockRows, kDim);
  const auto product = [&] {
    simd::kernels<float>().contract(phi.data(), ld, simd::kBlockRows, kFeatures, state.data(), kDim,
                                    kDim, part.data(), kDim);
  };
  const auto exact = [&] { problem.exact(kRows / 2); };
  const auto timed = [&](const auto& first, const auto& second) {
    return bench::alternate(first, second,
                            {.clock = bench::Clock::thread, .pairs = report.choose(9, 3)});
  };
  const bench::Timing exacts = timed(exact, product);
  const bench::Timing masks = timed([&] { problem.favor(map, kRows); },
                                    [&] { problem.favor(map, kRows, {.mask = Mask::causal}); });

  constexpr double kNano = 1e9;
  const double pairs = double{kHeads} * (kRows / 2.0) * (kRows / 2.0);
  const double rows = double{kHeads} * kRows;
  AttentionCosts costs;
  costs.product =
      kNano * exacts.second / (double{simd::kBlockRows} * double{kFeatures} * double{kDim});
  costs.weight = kNano * exacts.first / pairs - 2.0 * kDim * costs.product;
  costs.feature = kNano * masks.first / (2.0 * rows * kFeatures) - 2.0 * kDim * costs.product;
  const double chunk = 32.0 * (kFeatures + kDim) * costs.product;
  costs.fold = (kNano * (masks.second - masks.first) / rows - chunk) * 64.0 / (kFeatures * kDim);
  report.note("costs in nanoseconds: product %.4f, weight %.3f, feature %.3f, fold %.3f",
              costs.product, costs.weight, costs.feature, costs.fold);
  for (const Mask mask : {Mask::none, Mask::causal}) {
    Index length = 64;
    while (attention_backend({length, length}, kDim, kFeatures, mask, costs) ==
           AttentionBackend::exact) {
      length += 64;
    }
    report.note("modelled crossover, %s: %td tokens", mask == Mask::none ? "no mask" : "causal",
                length);
  }
}
