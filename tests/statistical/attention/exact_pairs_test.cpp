// SPDX-License-Identifier: Apache-2.0
//
// Numerators and normalisers of attention with exact pairs are unbiased, whichever pairs are exact.
#include "client/attention/exact_pairs.hpp"
#include "client/attention/block_attention.hpp"
#include "feature_map/block.hpp"

#include <bochner/estimator/variance.hpp>
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <span>
#include <vector>

using namespace bochner;
using namespace bochner::attention_internals;

namespace {

constexpr Index kRows = 40;
constexpr Index kDim = 5;
constexpr Index kQuery = 37;
constexpr int kDraws = 1500;
/// Of a family of some hundred checks, at 1e-6 in all.
constexpr double kSigmas = 6.0;

/// Queries, keys and values of one head.
struct Head {
  Matrix<double> queries{kRows, kDim};
  Matrix<double> keys{kRows, kDim};
  Matrix<double> values{kRows, 1};

  Head() {
    const Stream stream({6}, Purpose::study);
    stream.normals(0, {queries.data(), kRows * kDim});
    stream.normals(1000, {keys.data(), kRows * kDim});
    stream.normals(2000, {values.data(), kRows});
    for (Index e = 0; e < queries.size(); ++e) queries.data()[e] *= 0.4;
    for (Index e = 0; e < keys.size(); ++e) keys.data()[e] *= 0.4;
  }
  AttentionInputs<double> inputs() const {
    const auto tensor = [](const Matrix<double>& x) {
      return TensorView<const double, 4>(x.data(), {1, 1, x.rows(), x.cols()});
    };
    return {tensor(queries), tensor(keys), tensor(values)};
  }
};

struct Sums {
  double numerator = 0.0;
  double normaliser = 0.0;
};

/// Of one query in one draw.
Sums estimate(const FeatureMapSpec& spec, const Head& head, const AttentionOptions& options) {
  const FeatureMap<double> map(spec);
  const AttentionInputs<double> inputs = head.inputs();
  constexpr Door kDoor("test");
  const AttentionProblem problem = linear_problem<double>(kDoor, map.blocks(), inputs, options);
  const Execution alone{1};
  const AttentionCall<double> call{kDoor, map.blocks(), inputs, problem, alone};
  Matrix<double> out(kRows, 1);
  RowSums<double> sums(TensorView<double, 4>(out.data(), {1, 1, kRows, 1}));
  if (by_blocks(options)) {
    block_attention(call, options, sums);
  } else {
    run_passes(call, cut_passes(problem, inputs, options), sums);
  }
  const auto& row = sums.row(0, 0, kQuery);
  const double unit = std::exp2(row.unit);
  return {unit * out(kQuery, 0), unit * row.normaliser};
}

bool is_exact(const AttentionOptions& options, Index key) {
  return std::abs(kQuery - key) < options.exact.window || key < options.exact.first_keys;
}

/// The mean over draws must be the sum of exact weights, and not that sum with the exact pairs
/// twice, as it would be if their features were added as well.
void check(const FeatureMapSpec& base, const Head& head, const AttentionOptions& options) {
  Sums mean;
  FeatureMapSpec spec = base;
  for (int r = 0; r < kDraws; ++r) {
    spec.seed = derive_seed({9}, static_cast<std::uint64_t>(r));
    const Sums draw = estimate(spec, head, options);
    mean.numerator += draw.numerator / kDraws;
    mean.normaliser += draw.normaliser / kDraws;
  }
  Sums expected;
  Sums deviation;  // at most: the deviations of the terms that may be random, added up
  Sums twice;
  const std::span<const double> query(head.queries.row(kQuery), kDim);
  for (Index j = 0; j < kRows; ++j) {
    if (options.mask == Mask::causal && j > kQuery) continue;
    const KernelMoments moments = kernel_moments(base, query, {head.keys.row(j), kDim});
    const double value = head.values(j, 0);
    expected.normaliser += moments.exact;
    expected.numerator += value * moments.exact;
    if (is_exact(options, j)) {
      twice.normaliser += moments.exact;
    } else {
      deviation.normaliser += std::sqrt(moments.variance);
      deviation.numerator += std::abs(value) * std::sqrt(moments.variance);
    }
  }
  const double root = std::sqrt(static_cast<double>(kDraws));
  CHECK(std::abs(mean.numerator - expected.numerator) <= kSigmas * deviation.numerator / root);
  CHECK(std::abs(mean.normaliser - expected.normaliser) <= kSigmas * deviation.normaliser / root);
  if (twice.normaliser > 0.0) {
    CHECK(std::abs(mean.normaliser - expected.normaliser - twice.normaliser) >
          kSigmas * deviation.normaliser / root);
  }
}

}  // namespace

TEST_CASE("sums with exact pairs are unbiased", "[attention]") {
  const Head head;
  const std::vector<ExactPairs> choices{{},
                                        {.window = 10},
                                        {.first_keys = 6},
                                        {.window = 7, .first_keys = 4},
                                        {.heaviest_keys = 8},
                                        {.blocks = {.count = 1}},
                                        {.blocks = {.count = 1, .order = BlockOrder::bisection}}};
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMapSpec spec{.input_dim = kDim,
                              .num_frequencies = 10,
                              .kernel = SoftmaxKernel{},
                              .projection = OrthogonalProjection{},
                              .features = features,
                              .seed = {1},
                              .transform = {}};
    for (const ExactPairs& exact : choices) {
      for (const Mask mask : {Mask::none, Mask::causal}) {
        const bool bidirectional =
            exact.heaviest_keys > 0 || exact.blocks.order == BlockOrder::bisection;
        if (mask == Mask::causal && bidirectional) continue;
        CAPTURE(to_text(features), mask, exact.window, exact.first_keys, exact.heaviest_keys,
                exact.blocks.count);
        check(spec, head, {.mask = mask, .exact = exact});
      }
    }
  }
}
