// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/heads.hpp>

#include <catch2/catch.hpp>

#include <concepts>
#include <cstring>
#include <set>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

TEST_CASE("every layer and head of every redraw has a seed of its own", "[attention][heads]") {
  const auto seeds = [](const auto& seed_of) {
    std::set<std::uint64_t> all;
    for (std::uint64_t redraw = 0; redraw < 4; ++redraw) {
      for (Index layer = 0; layer < 24; ++layer) {
        for (Index head = 0; head < 32; ++head) all.insert(seed_of(redraw, layer, head));
      }
    }
    return all.size();
  };
  const std::size_t count = 4 * 24 * 32;
  CHECK(seeds([](std::uint64_t redraw, Index layer, Index head) {
          return HeadSpecs(map_spec(4, 8, PositiveFeatures{}, SoftmaxKernel{}, 7 + redraw))(layer,
                                                                                            head)
              .seed.value;
        }) == count);
  // The wrong variant: with seed + head, head 1 is the redraw of head 0.
  CHECK(seeds([](std::uint64_t redraw, Index layer, Index head) {
          return 7 + redraw + static_cast<std::uint64_t>(32 * layer + head);
        }) < count);
}

TEST_CASE("specs of heads depend on the seed and on nothing else", "[attention][heads]") {
  const HeadSpecs specs(map_spec(4, 8, PositiveFeatures{}));
  const FeatureMapSpec spec = specs(3, 5);
  CHECK(spec == HeadSpecs(specs.base())(3, 5));
  FeatureMapSpec same = spec;
  same.seed = specs.base().seed;
  CHECK(same == specs.base());
  CHECK(specs(0, 1) != specs(1, 0));
  CHECK_THROWS_WITH(specs(-1, 0), Contains("layer is -1"));
  CHECK_THROWS_WITH(specs(0, -2), Contains("head is -2"));
  CHECK_THROWS_WITH(head_maps<float>(specs, 0, -1), Contains("heads is -1"));
  CHECK_THROWS_AS(HeadSpecs(FeatureMapSpec{}), InvalidArgument);
}

TEST_CASE("heads attend through their own maps, forward and backward", "[attention][heads]") {
  const HeadSpecs specs(map_spec(4, 12, HyperbolicFeatures{}));
  const std::vector<FeatureMap<double>> maps = head_maps<double>(specs, 2, 2);
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 70, 70, 4, 3}, 51, 0.7);
  const Tensor<double> dout = normal_tensor<double>(2, 4, 70, 3, 52);
  const AttentionOptions options{.mask = Mask::causal};
  Tensor<double> out = x.output();
  const AttentionReport report =
      attention<double>(maps, x.inputs(), out.view(), options, Execution{2});
  CHECK(report.arithmetic == "double");
  Qkv<double> d = x;
  attention_gradient<double>(maps, x.inputs(), std::as_const(out).view(), dout.view(),
                             {d.q.view(), d.k.view(), d.v.view()}, options);
  for (Index g = 0; g < 2; ++g) {
    Tensor<double> alone = x.output();
    attention<double>(maps[static_cast<std::size_t>(g)], x.inputs(), alone.view(), options);
    Qkv<double> d_alone = x;
    attention_gradient<double>(maps[static_cast<std::size_t>(g)], x.inputs(),
                               std::as_const(alone).view(), dout.view(),
                               {d_alone.q.view(), d_alone.k.view(), d_alone.v.view()}, options);
    for (Index b = 0; b < 2; ++b) {
      for (Index i = 0; i < 70; ++i) {
        for (Index h = 2 * g; h < 2 * g + 2; ++h) {
          for (Index c = 0; c < 3; ++c) CHECK(out(b, h, i, c) == alone(b, h, i, c));
          for (Index c = 0; c < 4; ++c) CHECK(d.q(b, h, i, c) == d_alone.q(b, h, i, c));
        }
        for (Index c = 0; c < 4; ++c) CHECK(d.k(b, g, i, c) == d_alone.k(b, g, i, c));
        for (Index c = 0; c < 3; ++c) CHECK(d.v(b, g, i, c) == d_alone.v(b, g, i, c));
      }
    }
  }
  CHECK_THROWS_WITH(attention<double>(std::span(maps).first(1), x.inputs(), out.view(), options),
                    Contains("maps has 1 entries, expected 2 (one per key head)"));
}

namespace {

/// Key head `key_head` and the query heads that read it.
template <class T>
Qkv<T> one_group(const Qkv<T>& x, Index key_head) {
  const Index share = x.q.extents[1] / x.k.extents[1];
  const auto heads = [](const Tensor<T>& from, Index first, Index count) {
    Tensor<T> out(from.extents[0], count, from.extents[2], from.extents[3]);
    for (Index b = 0; b < from.extents[0]; ++b) {
      for (Index h = 0; h < count; ++h) {
        for (Index i = 0; i < from.extents[2]; ++i) {
          for (Index c = 0; c < from.extents[3]; ++c) out(b, h, i, c) = from(b, first + h, i, c);
        }
      }
    }
    return out;
  };
  return {heads(x.q, key_head * share, share), heads(x.k, key_head, 1), heads(x.v, key_head, 1)};
}

/// Whether `part` has the bits of the query heads from `first` on of `whole`.
template <class T>
bool same_heads(const Tensor<T>& part, const Tensor<T>& whole, Index first) {
  bool same = true;
  for (Index b = 0; b < part.extents[0]; ++b) {
    for (Index h = 0; h < part.extents[1]; ++h) {
      const auto size = static_cast<std::size_t>(part.extents[2] * part.extents[3]) * sizeof(T);
      same = same && std::memcmp(&part(b, h, 0, 0), &whole(b, first + h, 0, 0), size) == 0;
    }
  }
  return same;
}

}  // namespace

TEMPLATE_TEST_CASE("errors, reports and rows of heads are those of one call per key head",
                   "[attention][heads]", float, double) {
  using T = TestType;
  for (const Index frequencies : {64, 8}) {  // blocks, redraws
    CAPTURE(frequencies);
    const HeadSpecs specs(map_spec(4, frequencies, HyperbolicFeatures{}));
    const std::vector<FeatureMap<T>> maps = head_maps<T>(specs, 0, 2);
    const Qkv<T> x = normal_qkv<T>({2, 4, 2, 70, 80, 4, 3}, 53, 0.4);
    const AttentionOptions options{.mask = Mask::causal, .query_offset = 10};
    Tensor<T> out = x.output();
    Tensor<T> error = x.output();
    const AttentionErrorReport report = attention_with_error<T>(
        maps, x.inputs(), out.view(), error.view(), options, {}, Execution{2});
    const std::vector<AttentionComparison> comparisons =
        attention_report<T>(maps, x.inputs(), 10, options);
    const std::vector<AttentionRow> rows{{1, 3, 5}, {0, 0, 69}, {0, 2, 5}, {1, 1, 0}, {0, 3, 5}};
    Matrix<T> weights(5, 80);
    attention_rows<T>(maps, x.q.view(), x.k.view(), rows, weights.view(), options);
    REQUIRE(comparisons.size() == 2);
    CHECK(report.attention.arithmetic == (std::same_as<T, float> ? "float" : "double"));
    for (Index g = 0; g < 2; ++g) {
      const FeatureMap<T>& map = maps[static_cast<std::size_t>(g)];
      const Qkv<T> alone = one_group(x, g);
      Tensor<T> alone_out = alone.output();
      Tensor<T> alone_error = alone.output();
      const AttentionErrorReport alone_report = attention_with_error<T>(
          map, alone.inputs(), alone_out.view(), alone_error.view(), options);
      CHECK(same_heads(alone_out, out, 2 * g));
      CHECK(same_heads(alone_error, error, 2 * g));
      CHECK(report.source == alone_report.source);
      CHECK(report.groups == alone_report.groups);
      CHECK(report.degrees_of_freedom == alone_report.degrees_of_freedom);
      const AttentionComparison comparison = attention_report<T>(map, alone.inputs(), 10, options);
      const AttentionComparison& mine = comparisons[static_cast<std::size_t>(g)];
      CHECK(mine.output_error == comparison.output_error);
      CHECK(mine.norms.mean == comparison.norms.mean);
      CHECK(mine.sentence == comparison.sentence);
      for (std::size_t r = 0; r < rows.size(); ++r) {
        if (rows[r].head / 2 != g) continue;
        const AttentionRow row{rows[r].batch, rows[r].head - 2 * g, rows[r].query};
        Matrix<T> expected(1, 80);
        attention_rows<T>(map, alone.q.view(), alone.k.view(), std::span(&row, 1), expected.view(),
                          options);
        CHECK(
            std::equal(expected.row(0), expected.row(0) + 80, weights.row(static_cast<Index>(r))));
      }
    }
    CHECK(comparisons[0].norms.mean != comparisons[1].norms.mean);
  }
}

TEST_CASE("reports of heads add up, and heads that differ have none", "[attention][heads]") {
  const HeadSpecs specs(map_spec(4, 64, PositiveFeatures{}));
  std::vector<FeatureMap<double>> maps = head_maps<double>(specs, 0, 2);
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 10, 10, 4, 3}, 54, 0.4);
  Tensor<double> out = x.output();
  Tensor<double> error = x.output();
  const auto call = [&] {
    return attention_with_error<double>(maps, x.inputs(), out.view(), error.view(),
                                        {.mask = Mask::causal, .query_offset = -1});
  };
  CHECK(call().attention.empty_rows == 2 * 4);
  FeatureMapSpec fewer = maps[1].spec();
  fewer.num_frequencies = 60;
  maps[1] = FeatureMap<double>(fewer);
  CHECK_THROWS_WITH(call(), Contains("attention_with_error: maps[1] is 60 frequencies in blocks "
                                     "of 4, expected 64 frequencies in blocks of 4, as maps[0]"));
  Matrix<double> weights(1, 10);
  const auto row_of = [&](const AttentionRow& row) {
    attention_rows<double>(maps, x.q.view(), x.k.view(), std::span(&row, 1), weights.view());
  };
  CHECK_THROWS_WITH(row_of({0, 4, 0}), Contains("rows[0] is batch 0, head 4, query 0"));
  maps.pop_back();
  CHECK_THROWS_WITH(call(), Contains("attention_with_error: maps has 1 entries, expected 2"));
  CHECK_THROWS_WITH(row_of({0, 0, 0}), Contains("attention_rows: maps has 1 entries"));
  CHECK_THROWS_WITH(attention_report<double>(maps, x.inputs()),
                    Contains("attention_report: maps has 1 entries, expected 2"));
}
