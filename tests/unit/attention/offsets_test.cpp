// SPDX-License-Identifier: Apache-2.0
//
// One query offset per packed sequence, or per batch entry.
#include "reference.hpp"

#include <bochner/client/attention.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kHeads = 2;
constexpr Index kDim = 4;
constexpr Index kValues = 3;

template <class T>
TensorView<const T, 4> part(TensorView<const T, 4> t, int axis, Index first, Index count) {
  t.data += first * t.stride(axis);
  t.extents[static_cast<std::size_t>(axis)] = count;
  return t;
}

AttentionInputs<double> part(const AttentionInputs<double>& x, int axis, Index first_query,
                             Index queries, Index first_key, Index keys) {
  return {part(x.queries, axis, first_query, queries), part(x.keys, axis, first_key, keys),
          part(x.values, axis, first_key, keys)};
}

/// What is asked for beside the offsets.
std::vector<AttentionOptions> variants() {
  static const std::vector<double> decay{0.02, 0.1};
  AttentionOptions window{.mask = Mask::causal};
  window.exact.window = 9;
  AttentionOptions first{.mask = Mask::causal};
  first.exact.first_keys = 3;
  AttentionOptions both = window;
  both.exact.first_keys = 2;
  both.decay = decay;
  AttentionOptions bidirectional{};
  bidirectional.exact.window = 9;
  return {{.mask = Mask::causal}, {.mask = Mask::causal, .decay = decay}, window, first, both,
          bidirectional};
}

/// All calls of one kind: attention by features, exact attention, gradients.
struct Outputs {
  explicit Outputs(const AttentionInputs<double>& x)
      : out(x.queries.extents[0], kHeads, x.queries.extents[2], kValues),
        exact(out),
        dq(x.queries.extents[0], kHeads, x.queries.extents[2], kDim),
        dk(x.keys.extents[0], kHeads, x.keys.extents[2], kDim),
        dv(x.keys.extents[0], kHeads, x.keys.extents[2], kValues) {}

  Tensor<double> out, exact, dq, dk, dv;
};

Outputs run(const FeatureMap<double>& map, const AttentionInputs<double>& x,
            const AttentionOptions& options, int threads = 1) {
  Outputs all(x);
  attention<double>(map, x, all.out.view(), options, Execution{threads});
  AttentionOptions plain = options;
  plain.exact = {};
  exact_attention<double>(map.spec().kernel, x, all.exact.view(), plain, {}, Execution{threads});
  Tensor<double> slope = all.out;
  for (std::size_t e = 0; e < slope.elements.size(); ++e) {
    slope.elements[e] = 0.3 + 0.1 * static_cast<double>(e % 7);
  }
  attention_gradient<double>(map, x, std::as_const(all.out).view(), std::as_const(slope).view(),
                             {all.dq.view(), all.dk.view(), all.dv.view()}, options,
                             Execution{threads});
  return all;
}

/// Rows [first, first + rows of `alone`) of one axis of `whole` against all of `alone`.
void same_rows(const Tensor<double>& whole, const Tensor<double>& alone, int axis, Index first,
               double tolerance = 0.0) {
  for (Index b = 0; b < alone.extents[0]; ++b) {
    for (Index h = 0; h < kHeads; ++h) {
      for (Index i = 0; i < alone.extents[2]; ++i) {
        for (Index c = 0; c < alone.extents[3]; ++c) {
          const double there = axis == 0 ? whole(first + b, h, i, c) : whole(b, h, first + i, c);
          if (!(std::abs(there - alone(b, h, i, c)) <= tolerance)) {
            CHECK(there == alone(b, h, i, c));
            return;
          }
        }
      }
    }
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("packed sequences with offsets of their own are sequences", "[attention][offsets]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, kHeads, kHeads, 60, 170, kDim, kValues}, 9, 0.6);
  const std::vector<Index> queries{0, 20, 20, 45, 60};
  const std::vector<Index> keys{0, 70, 80, 110, 170};
  const std::vector<Index> offsets{50, 3, -4, 45};
  for (AttentionOptions options : variants()) {
    options.cu_seqlens = queries;
    options.cu_seqlens_keys = keys;
    options.query_offsets = offsets;
    const Outputs packed = run(map, x.inputs(), options);
    const Outputs by_three = run(map, x.inputs(), options, 3);
    CHECK(same_bits(packed.out, by_three.out));
    CHECK(same_bits(packed.dk, by_three.dk));
    for (std::size_t s = 0; s + 1 < queries.size(); ++s) {
      AttentionOptions single = options;
      single.cu_seqlens = single.cu_seqlens_keys = single.query_offsets = {};
      single.query_offset = offsets[s];
      const auto inputs = part(x.inputs(), 2, queries[s], queries[s + 1] - queries[s], keys[s],
                               keys[s + 1] - keys[s]);
      const Outputs alone = run(map, inputs, single);
      // Decay counts from the first key in memory, and rounds accordingly.
      const double tolerance = options.decay.empty() ? 0.0 : 1e-13;
      same_rows(packed.out, alone.out, 2, queries[s], tolerance);
      same_rows(packed.exact, alone.exact, 2, queries[s], tolerance);
    }
  }
}

TEST_CASE("batch entries with caches of different lengths have offsets of their own",
          "[attention][offsets]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({3, kHeads, kHeads, 10, 90, kDim, kValues}, 10, 0.6);
  const std::vector<Index> offsets{80, 17, 0};
  const std::vector<Index> lengths{90, 27, 10};
  for (AttentionOptions options : variants()) {
    options.query_offsets = offsets;
    options.key_lengths = lengths;
    const Outputs together = run(map, x.inputs(), options, 2);
    for (Index b = 0; b < 3; ++b) {
      const auto at = static_cast<std::size_t>(b);
      AttentionOptions single = options;
      single.query_offsets = {};
      single.query_offset = offsets[at];
      single.key_lengths = std::span(lengths).subspan(at, 1);
      const Outputs alone = run(map, part(x.inputs(), 0, b, 1, b, 1), single);
      same_rows(together.out, alone.out, 0, b);
      same_rows(together.exact, alone.exact, 0, b);
    }
    // A common offset is what the others would see wrongly.
    AttentionOptions common = options;
    common.query_offsets = {};
    common.query_offset = offsets[0];
    CHECK_FALSE(same_bits(run(map, x.inputs(), common).out, together.out));
  }
}

TEST_CASE("offsets that do not fit are refused by name", "[attention][offsets]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({2, 1, 1, 6, 8, kDim, kValues}, 11, 0.6);
  Tensor<double> out = x.output();
  const auto call = [&](const AttentionOptions& options) {
    attention<double>(map, x.inputs(), out.view(), options);
  };
  const std::vector<Index> three{0, 1, 2}, large{0, 9}, small{-7, 0}, two{1, 2};
  CHECK_THROWS_WITH(call({.mask = Mask::causal, .query_offsets = three}),
                    Contains("query_offsets has 3 entries") && Contains("one per batch entry"));
  CHECK_THROWS_WITH(call({.mask = Mask::causal, .query_offsets = large}),
                    Contains("query_offsets[1] is 9"));
  CHECK_THROWS_WITH(call({.mask = Mask::causal, .query_offsets = small}),
                    Contains("query_offsets[0] is -7"));
  CHECK_THROWS_WITH(call({.mask = Mask::causal, .query_offset = 1, .query_offsets = two}),
                    Contains("query_offset and query_offsets are both given"));
}
