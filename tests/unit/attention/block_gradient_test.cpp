// SPDX-License-Identifier: Apache-2.0
//
// Gradients of attention that weighs blocks of keys exactly, and the others through features, as
// their means, or not at all.
#include "block_gradient_reference.hpp"
#include "finite_differences.hpp"

#include "client/attention/blocked_queries.hpp"

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 4;
constexpr Index kValueDim = 3;

/// Everything that is a constant of the gradient: blocks of rows, and which are weighed exactly.
std::vector<Index> constants(const FeatureMap<double>& map, const Qkv<double>& x,
                             const AttentionOptions& options) {
  using namespace attention_internals;
  constexpr Door kDoor("test");
  const AttentionInputs<double> inputs = x.inputs();
  const AttentionProblem problem = linear_problem<double>(kDoor, map.blocks(), inputs, options);
  const Execution alone{1};
  const AttentionCall<double> call{kDoor, map.blocks(), inputs, problem, alone};
  std::vector<Index> all;
  const auto append = [&](const std::vector<Index>& some) {
    all.push_back(-1);
    all.insert(all.end(), some.begin(), some.end());
  };
  for (const HeadGroup& group : head_groups(problem)) {
    if (group.sequence->num_keys == 0) continue;
    const BlockedKeys<double> keys(call, options, *group.sequence, group.key_head);
    append(keys.blocks.order);
    append(keys.always);
    for (Index h = 0; h < problem.heads_per_key_head; ++h) {
      const BlockedQueries<double> queries(keys, group.key_head * problem.heads_per_key_head + h);
      append(queries.blocks.order);
      for (const BlockChoice& choice : queries.choices) append(choice.exact);
    }
  }
  return all;
}

/// A direction along which nothing of this changes over the step of a difference.
Qkv<double> direction_without_change(const FeatureMap<double>& map, const Qkv<double>& x,
                                     const AttentionOptions& options) {
  const auto [batch, heads, queries, dim] = x.q.extents;
  Qkv<double> direction = normal_qkv<double>(
      {batch, heads, x.k.extents[1], queries, x.k.extents[2], dim, x.v.extents[3]}, 4);
  const std::vector<Index> here = constants(map, x, options);
  const auto constant = [&](Tensor<double> Qkv<double>::*part) {
    return constants(map, moved(x, part, direction, kStep), options) == here &&
           constants(map, moved(x, part, direction, -kStep), options) == here;
  };
  REQUIRE((constant(&Qkv<double>::q) && constant(&Qkv<double>::k)));
  return direction;
}

std::vector<ExactPairs> pairs_of(Mask mask) {
  std::vector<ExactPairs> all = some_blocks();
  all.pop_back();  // all blocks
  if (mask == Mask::causal) return all;
  all.push_back({.blocks = {.count = 2, .order = BlockOrder::bisection}});
  all.push_back({.heaviest_keys = 3,
                 .blocks = {.count = 1, .query_rows = 32, .order = BlockOrder::bisection}});
  return all;
}

}  // namespace

TEST_CASE("gradients of blocks are those of finite differences", "[attention][gradient]") {
  constexpr Index kRows = 70;
  std::vector<char> live(2 * kRows);
  const Stream stream(Seed{4}, Purpose::study);
  for (std::size_t i = 0; i < live.size(); ++i) live[i] = stream.uniform(i) < 0.7 ? 1 : 0;
  const MatrixView<const bool> key_mask(reinterpret_cast<const bool*>(live.data()), 2, kRows);
  const Qkv<double> x = normal_qkv<double>({2, 2, 1, kRows, kRows, kDim, kValueDim}, 3, 0.6);
  const Tensor<double> slope = normal_tensor<double>(2, 2, kRows, kValueDim, 15);
  for (const Kernel& kernel : {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}}),
                               Kernel(GaussianKernel{Diagonal{{1.0, 1.5, 0.8, 1.2}}})}) {
    const FeatureMap<double> map(map_spec(kDim, 8, HyperbolicFeatures{}, kernel));
    for (const Mask mask : {Mask::none, Mask::causal}) {
      for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
        for (const ExactPairs& exact : pairs_of(mask)) {
          AttentionOptions options{
              .mask = mask, .key_mask = key_mask, .exact = exact, .rest = rest};
          if (mask == Mask::causal) options.query_offset = 5;
          CAPTURE(to_text(map.spec()), mask, rest, exact.window, exact.blocks.count,
                  exact.blocks.query_rows, exact.blocks.key_rows, exact.blocks.order);
          check_differences(map, x, direction_without_change(map, x, options), slope, options,
                            gradient(map, x, slope, options));
        }
      }
    }
  }
}

TEST_CASE("gradients of blocks in packed sequences, with signed features",
          "[attention][gradient]") {
  const Qkv<double> x = normal_qkv<double>({1, 4, 2, 90, 110, kDim, kValueDim}, 5, 0.4);
  const Tensor<double> slope = normal_tensor<double>(1, 4, 90, kValueDim, 16);
  const std::vector<Index> queries{0, 37, 37, 90};
  const std::vector<Index> keys{0, 50, 60, 110};
  const FeatureMap<double> map(map_spec(kDim, 32, TrigonometricFeatures{}));
  for (const BlockOrder order : {BlockOrder::given, BlockOrder::bisection}) {
    for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
      CAPTURE(order, rest);
      const AttentionOptions options{.cu_seqlens = queries,
                                     .cu_seqlens_keys = keys,
                                     .exact = {.blocks = {.count = 2, .order = order}},
                                     .rest = rest};
      check_differences(map, x, direction_without_change(map, x, options), slope, options,
                        gradient(map, x, slope, options));
    }
  }
}

TEST_CASE("gradients of blocks are those of the dense formula", "[attention][gradient]") {
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    const FeatureMap<double> map(map_spec(kDim, 12, PositiveFeatures{}, kernel));
    for (const Mask mask : {Mask::none, Mask::causal}) {
      for (const auto& [queries, keys] : {std::pair<Index, Index>{150, 150}, {33, 170}, {1, 1}}) {
        const Qkv<double> x = normal_qkv<double>({1, 1, 1, queries, keys, kDim, kValueDim}, 1, 0.8);
        const Tensor<double> slope = normal_tensor<double>(1, 1, queries, kValueDim, 17);
        for (const ExactPairs& exact : some_blocks()) {
          for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
            // Without blocks to choose a window is exact to a row.
            if (exact.blocks.count == 0 && rest != Rest::means) continue;
            AttentionOptions options{.mask = mask, .exact = exact, .rest = rest};
            if (mask == Mask::causal) options.query_offset = keys - queries;
            CAPTURE(to_text(kernel), mask, rest, queries, keys, exact.window, exact.blocks.count,
                    exact.blocks.query_rows, exact.blocks.key_rows);
            const Qkv<double> d = gradient(map, x, slope, options);
            const auto difference = [&](MeanGradient means) {
              const Qkv<double> e = BlockGradientReference(map, x, options, means).of(slope);
              const double size = 1.0 + largest(e.q) + largest(e.k) + largest(e.v);
              return std::max({largest_difference(d.q, e.q), largest_difference(d.k, e.k),
                               largest_difference(d.v, e.v)}) /
                     size;
            };
            constexpr double kTolerance = 1e-13;
            CHECK(difference(MeanGradient::whole) <= kTolerance);
            // Whether there are surely blocks left that are means.
            const Index left = keys - 64 - exact.blocks.count * exact.blocks.key_rows;
            const bool by_means = rest == Rest::means && left > 0;
            if (by_means) CHECK(difference(MeanGradient::without_variance) > 1e6 * kTolerance);
            if (by_means && !std::holds_alternative<SoftmaxKernel>(kernel)) {
              CHECK(difference(MeanGradient::without_constant) > 1e6 * kTolerance);
            }
          }
        }
      }
    }
  }
}
