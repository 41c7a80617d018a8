// SPDX-License-Identifier: Apache-2.0
//
// Blocks of keys exactly, the others through features or as their means.
#include "block_reference.hpp"

#include <bochner/client/attention/exact.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 5;

template <class T>
Tensor<T> run(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options,
              int threads = 1) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(), options, Execution{threads});
  return out;
}

template <class T>
Tensor<T> run_exact(const FeatureMap<T>& map, const Qkv<T>& x, Mask mask) {
  Tensor<T> out = x.output();
  exact_attention<T>(map.spec().kernel, x.inputs(), out.view(), {.mask = mask});
  return out;
}

/// Attention with blocks not chosen as their means, from its definition.
template <class T>
Tensor<double> reference_means(const Kernel& kernel, const Qkv<T>& x,
                               const AttentionOptions& options) {
  const auto chosen = choices(kernel, x, options);
  const Index keys = x.k.extents[2];
  const Index width = options.exact.blocks.key_rows;
  const Index value_dim = x.v.extents[3];
  Tensor<double> out(1, 1, x.q.extents[2], value_dim);
  for (Index i = 0; i < x.q.extents[2]; ++i) {
    const auto& mine = chosen[static_cast<std::size_t>(i / options.exact.blocks.query_rows)];
    long double sum = 0.0L;
    std::vector<long double> numerator(static_cast<std::size_t>(value_dim));
    const auto add = [&](long double weight, const std::function<long double(Index)>& value) {
      sum += weight;
      for (Index c = 0; c < value_dim; ++c) {
        numerator[static_cast<std::size_t>(c)] += weight * value(c);
      }
    };
    for (Index first = 0; first < keys; first += width) {
      const Index end = std::min(first + width, keys);
      const bool exactly = mine.count(first / width) > 0;
      for (Index j = first; j < end && exactly; ++j) {
        if (options.mask == Mask::causal && j > i + options.query_offset) continue;
        const long double log = log2_kernel(kernel, &x.q(0, 0, i, 0), &x.k(0, 0, j, 0), kDim);
        add(exp2l(log), [&](Index c) { return static_cast<long double>(x.v(0, 0, j, c)); });
      }
      if (exactly || (options.mask == Mask::causal && end - 1 > i + options.query_offset)) continue;
      add(std::exp(log_mass(kernel, x, i, first, end)), [&](Index c) {
        long double mean = 0.0L;
        for (Index j = first; j < end; ++j) mean += x.v(0, 0, j, c);
        return mean / static_cast<long double>(end - first);
      });
    }
    for (Index c = 0; c < value_dim; ++c) {
      out(0, 0, i, c) = static_cast<double>(numerator[static_cast<std::size_t>(c)] / sum);
    }
  }
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("blocks are chosen by mass and weighed exactly", "[attention]", float, double) {
  using T = TestType;
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 3e-14;
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    const FeatureMap<T> map(map_spec(kDim, 24, HyperbolicFeatures{}, kernel));
    for (const Mask mask : {Mask::none, Mask::causal}) {
      for (const auto& [queries, keys] : {std::pair<Index, Index>{150, 150}, {33, 170}, {1, 1}}) {
        const Qkv<T> x = normal_qkv<T>({1, 1, 1, queries, keys, kDim, 3}, 1, 0.8);
        for (ExactPairs exact : some_blocks()) {
          AttentionOptions options{.mask = mask, .exact = exact};
          if (mask == Mask::causal) options.query_offset = keys - queries;
          CAPTURE(to_text(kernel), mask, queries, keys, exact.window, exact.blocks.count,
                  exact.blocks.query_rows, exact.blocks.key_rows);
          const auto chosen = choices(kernel, x, options);
          for (const Rest rest : {Rest::features, Rest::none}) {
            options.rest = rest;
            if (exact.blocks.count == 0) continue;  // windows then are exact to a row
            const auto weighing = [&](Index, Index, Index i, Index j) {
              if (mask == Mask::causal && j > i + options.query_offset) return Weigh::not_at_all;
              const auto& mine = chosen[static_cast<std::size_t>(i / exact.blocks.query_rows)];
              if (mine.count(j / exact.blocks.key_rows) > 0) return Weigh::exactly;
              return rest == Rest::none ? Weigh::not_at_all : Weigh::by_features;
            };
            CHECK(largest_difference(run(map, x, options), mixed_reference(map, x, weighing)) <=
                  tolerance);
          }
          options.rest = Rest::means;
          CHECK(largest_difference(run(map, x, options), reference_means(kernel, x, options)) <=
                tolerance);
        }
      }
    }
  }
}

/// Sixteen copies of each of these points, shuffled: copy r is of point (7 r) mod points.
Qkv<double> shuffled_copies(const Qkv<double>& points) {
  const Index count = points.k.extents[2];
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 16 * count, 16 * count, kDim, 3}, 7);
  for (Index r = 0; r < 16 * count; ++r) {
    const Index point = (r * 7) % count;
    for (Index c = 0; c < kDim; ++c) {
      x.q(0, 0, r, c) = points.q(0, 0, point, c);
      x.k(0, 0, r, c) = points.k(0, 0, point, c);
    }
    for (Index c = 0; c < 3; ++c) x.v(0, 0, r, c) = points.v(0, 0, point, c);
  }
  return x;
}

TEST_CASE("blocks by bisection hold neighbours", "[attention]") {
  constexpr Index kPoints = 9;
  const FeatureMap<double> map(map_spec(kDim, 8, HyperbolicFeatures{}));
  const Qkv<double> points = normal_qkv<double>({1, 1, 1, kPoints, kPoints, kDim, 3}, 7, 1.5);
  const Qkv<double> x = shuffled_copies(points);
  const Tensor<double> exact = run_exact(map, x, Mask::none);
  AttentionOptions options{.exact = {.blocks = {.order = BlockOrder::bisection}},
                           .rest = Rest::means};
  CHECK(largest_difference(run(map, x, options), exact) <= 1e-13);
  options.exact.blocks.order = BlockOrder::given;
  CHECK(largest_difference(run(map, x, options), exact) > 1e-3);

  // One block exactly: the point with the largest kernel.
  options = {.exact = {.blocks = {.count = 1, .order = BlockOrder::bisection}}};
  const auto weighing = [&](Index, Index, Index i, Index j) {
    const auto log = [&](Index k) {
      return log2_kernel(map.spec().kernel, &x.q(0, 0, i, 0), &points.k(0, 0, k, 0), kDim);
    };
    Index best = 0;
    for (Index k = 1; k < kPoints; ++k) best = log(k) > log(best) ? k : best;
    return j * 7 % kPoints == best ? Weigh::exactly : Weigh::by_features;
  };
  CHECK(largest_difference(run(map, x, options), mixed_reference(map, x, weighing)) <= 1e-13);
}

TEST_CASE("bisected blocks with all keys are exact, whatever the rest", "[attention]") {
  const FeatureMap<double> map(map_spec(kDim, 16, PositiveFeatures{}));
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 70, 90, kDim, 3}, 11);
  const std::vector<Index> lengths{90, 41};
  AttentionOptions options{.key_lengths = lengths,
                           .exact = {.blocks = {.count = 6, .order = BlockOrder::bisection}}};
  Tensor<double> exact = x.output();
  exact_attention<double>(map.spec().kernel, x.inputs(), exact.view(), {.key_lengths = lengths});
  for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
    options.rest = rest;
    CHECK(largest_difference(run(map, x, options), exact) <= 1e-13);
    CHECK(same_bits(run(map, x, options), run(map, x, options, 2)));
  }
}
