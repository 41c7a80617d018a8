// SPDX-License-Identifier: Apache-2.0
//
// Some pairs exactly, the rest through features.
#include "mixed_reference.hpp"

#include <bochner/client/attention/exact.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
Tensor<T> run(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options,
              int threads = 1) {
  Tensor<T> out = x.output();
  std::fill(out.elements.begin(), out.elements.end(), static_cast<T>(kNaN));
  attention<T>(map, x.inputs(), out.view(), options, Execution{threads});
  return out;
}

template <class T>
Tensor<T> run_exact(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options) {
  Tensor<T> out = x.output();
  exact_attention<T>(map.spec().kernel, x.inputs(), out.view(), options);
  return out;
}

/// Whether key j is among the `count` longest of a head, of equals the first.
template <class T>
bool is_heavy(const Qkv<T>& x, Index b, Index key_head, Index j, Index count) {
  const auto norm = [&](Index k) {
    long double sum = 0.0L;
    for (Index c = 0; c < x.k.extents[3]; ++c) {
      sum += std::pow(static_cast<long double>(x.k(b, key_head, k, c)), 2);
    }
    return sum;
  };
  Index longer = 0;
  for (Index k = 0; k < x.k.extents[2]; ++k) {
    if (norm(k) > norm(j) || (norm(k) == norm(j) && k < j)) ++longer;
  }
  return longer < count;
}

/// What the options say, pair by pair, for calls without a key mask.
template <class T>
Weighing weighing_of(const Qkv<T>& x, const AttentionOptions& options) {
  const bool causal = options.mask == Mask::causal;
  const Weigh rest = options.rest == Rest::none ? Weigh::not_at_all : Weigh::by_features;
  const Index share = x.q.extents[1] / x.k.extents[1];
  return [&x, options, causal, rest, share](Index b, Index h, Index i, Index j) {
    const Index distance = i + options.query_offset - j;
    if (causal && distance < 0) return Weigh::not_at_all;
    const ExactPairs& exact = options.exact;
    if (std::abs(distance) < exact.window || j < exact.first_keys) return Weigh::exactly;
    if (exact.heaviest_keys > 0 && is_heavy(x, b, h / share, j, exact.heaviest_keys)) {
      return Weigh::exactly;
    }
    return rest;
  };
}

template <class T>
double tolerance(const FeatureFunction& features) {
  const bool is_signed = std::holds_alternative<TrigonometricFeatures>(features) ||
                         std::holds_alternative<CosineFeatures>(features);
  const double unit = std::is_same_v<T, float> ? 5e-6 : 3e-14;
  return is_signed ? 1e4 * unit : unit;
}

const std::vector<ExactPairs>& some_pairs() {
  static const std::vector<ExactPairs> pairs{
      {.window = 1},     {.window = 20},     {.window = 64},  {.window = 100, .first_keys = 3},
      {.first_keys = 5}, {.first_keys = 70}, {.window = 1000}};
  return pairs;
}

}  // namespace

TEMPLATE_TEST_CASE("exact pairs and features share a normaliser", "[attention]", float, double) {
  using T = TestType;
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    for (const FeatureFunction& features : some_features()) {
      const FeatureMap<T> map(map_spec(5, 24, features, kernel));
      const Qkv<T> x = normal_qkv<T>({1, 2, 1, 150, 150, 5, 3}, 1, 0.6);
      for (const Mask mask : {Mask::none, Mask::causal}) {
        for (const Rest rest : {Rest::features, Rest::none}) {
          for (const ExactPairs& exact : some_pairs()) {
            const AttentionOptions options{.mask = mask, .exact = exact, .rest = rest};
            const Tensor<double> expected = mixed_reference(map, x, weighing_of(x, options));
            CAPTURE(to_text(map.spec()), mask, rest, exact.window, exact.first_keys);
            CHECK(largest_difference(run(map, x, options), expected) <= tolerance<T>(features));
          }
        }
      }
    }
  }
}

TEST_CASE("the longest keys of each head are weighed exactly", "[attention]") {
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  Qkv<double> x = normal_qkv<double>({2, 4, 2, 90, 130, 4, 3}, 2, 0.8);
  for (Index c = 0; c < 4; ++c) x.k(0, 0, 17, c) = x.k(0, 0, 90, c);  // equals
  for (const Index count : {1, 7, 40, 129, 130, 500}) {
    for (const Index window : {0, 9}) {
      const AttentionOptions options{.exact = {.window = window, .heaviest_keys = count}};
      const Tensor<double> expected = mixed_reference(map, x, weighing_of(x, options));
      CHECK(largest_difference(run(map, x, options), expected) <= 3e-14);
    }
  }
}

TEST_CASE("exact pairs in sequences of unequal lengths", "[attention]") {
  const FeatureMap<double> map(map_spec(4, 16, PositiveFeatures{}));
  for (const auto& [queries, keys] :
       {std::pair<Index, Index>{40, 200}, {200, 40}, {1, 1}, {65, 64}}) {
    const Qkv<double> x = normal_qkv<double>({1, 1, 1, queries, keys, 4, 3}, 3, 0.8);
    for (const Index offset : {-queries, Index{-3}, Index{0}, Index{17}, keys}) {
      for (const Mask mask : {Mask::none, Mask::causal}) {
        if (mask == Mask::causal && (offset < -queries || offset > keys)) continue;
        for (const ExactPairs& exact : some_pairs()) {
          const AttentionOptions options{.mask = mask, .query_offset = offset, .exact = exact};
          const Tensor<double> expected = mixed_reference(map, x, weighing_of(x, options));
          CAPTURE(queries, keys, offset, mask, exact.window, exact.first_keys);
          CHECK(largest_difference(run(map, x, options), expected) <= 3e-14);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a window over everything is exact attention", "[attention]", float, double) {
  using T = TestType;
  const bool single = std::is_same_v<T, float>;
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    const FeatureMap<T> map(map_spec(4, 8, PositiveFeatures{}, kernel));
    for (const double size : {0.5, 6.0}) {  // the second leaves the ordinary range of float
      const Qkv<T> x = normal_qkv<T>({2, 4, 2, 300, 300, 4, 3}, 5, size);
      const std::vector<Index> lengths{300, 77};
      for (const Mask mask : {Mask::none, Mask::causal}) {
        AttentionOptions options{.mask = mask, .key_lengths = lengths};
        const Tensor<T> exact = run_exact(map, x, options);
        for (const ExactPairs& pairs :
             {ExactPairs{.window = 300}, ExactPairs{.window = Index{1} << 62},
              ExactPairs{.first_keys = 1000}, ExactPairs{.window = 40, .first_keys = 300}}) {
          options.exact = pairs;
          CAPTURE(to_text(kernel), size, mask, pairs.window, pairs.first_keys);
          // Two passes may choose the range of a row differently: then its weights may differ by
          // what rounding of ordinary logits is allowed, 2^-15 (double: 2^-40) of values up to 4.
          const bool two_passes = pairs.window > 0 && pairs.first_keys > 0;
          const double tolerance =
              two_passes ? (single ? 0x1p-13 : 0x1p-38) : (single ? 2e-6 : 1e-14);
          CHECK(largest_difference(run(map, x, options), exact) <= tolerance);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("exact pairs change no bit across threads, heads, or later rows", "[attention]",
                   float, double) {
  using T = TestType;
  const FeatureMap<T> map(map_spec(4, 24, HyperbolicFeatures{}));
  const Qkv<T> x = normal_qkv<T>({2, 4, 2, 200, 200, 4, 3}, 6);
  std::vector<AttentionOptions> all;
  for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
    for (const ExactPairs& exact :
         {ExactPairs{.window = 30, .first_keys = 2}, ExactPairs{.blocks = {.count = 2}},
          ExactPairs{.window = 9, .first_keys = 1, .blocks = {.count = 1, .key_rows = 32}}}) {
      all.push_back({.mask = Mask::causal, .exact = exact, .rest = rest});
      all.push_back({.mask = Mask::none, .exact = exact, .rest = rest});
    }
  }
  for (const AttentionOptions& options : all) {
    CAPTURE(options.mask, options.rest, options.exact.window, options.exact.blocks.count);
    const Tensor<T> out = run(map, x, options);
    for (const int threads : {2, 3}) CHECK(same_bits(run(map, x, options, threads), out));
    // The second half of the query heads and its key head by themselves.
    Tensor<T> part(2, 2, 200, 3);
    const auto heads = [](TensorView<const T, 4> all_heads, Index first, Index count) {
      all_heads.data += first * all_heads.stride(1);
      all_heads.extents[1] = count;
      return all_heads;
    };
    const AttentionInputs<T> inputs = x.inputs();
    attention<T>(
        map, {heads(inputs.queries, 2, 2), heads(inputs.keys, 1, 1), heads(inputs.values, 1, 1)},
        part.view(), options);
    for (Index b = 0; b < 2; ++b) {
      CHECK(std::memcmp(&part(b, 0, 0, 0), &out(b, 2, 0, 0), 2 * 200 * 3 * sizeof(T)) == 0);
    }
    if (options.mask == Mask::none) continue;
    Qkv<T> changed = x;
    for (Index h = 0; h < 4; ++h) {
      for (Index i = 117; i < 200; ++i) {
        for (Index c = 0; c < 4; ++c) {
          changed.q(0, h, i, c) = T{9};
          changed.k(0, h / 2, i, c) = T{-7};
        }
        changed.v(0, h / 2, i, 0) = static_cast<T>(kNaN);
      }
    }
    const Tensor<T> later = run(map, changed, options);
    for (Index h = 0; h < 4; ++h) {
      CHECK(std::memcmp(&later(0, h, 0, 0), &out(0, h, 0, 0), 117 * 3 * sizeof(T)) == 0);
    }
  }
}

TEST_CASE("a NaN reaches the rows that see it and no other", "[attention]") {
  const FeatureMap<double> map(map_spec(4, 24, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 150, 150, 4, 3}, 8);
  for (const Rest rest : {Rest::features, Rest::none}) {
    for (const Mask mask : {Mask::none, Mask::causal}) {
      const AttentionOptions options{
          .mask = mask, .exact = {.window = 20, .first_keys = 2}, .rest = rest};
      const Tensor<double> clean = run(map, x, options);
      const Weighing weighing = weighing_of(x, options);
      for (const Index at : {1, 60, 149}) {
        for (const int where : {0, 1, 2}) {
          Qkv<double> poisoned = x;
          Tensor<double>& tensor = where == 0 ? poisoned.q : where == 1 ? poisoned.k : poisoned.v;
          tensor(0, 0, at, 1) = kNaN;
          const Tensor<double> out = run(map, poisoned, options);
          for (Index i = 0; i < 150; ++i) {
            const bool sees = where == 0 ? i == at : weighing(0, 0, i, at) != Weigh::not_at_all;
            const double value = out(0, 0, i, 1);
            CAPTURE(mask, rest, at, where, i);
            if (sees) {
              CHECK(std::isnan(value));
            } else {
              CHECK(std::memcmp(&value, &clean(0, 0, i, 1), sizeof value) == 0);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("rows at norms of 25 keep their near keys and their far ones", "[attention]") {
  // q = -k: the exact weight of the pair is e^-625, its features' is of the order of one.
  const FeatureMap<float> map(map_spec(4, 24, HyperbolicFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 100, 100, 4, 3}, 9);
  for (Index i = 0; i < 100; ++i) {
    for (Index c = 0; c < 4; ++c) {
      x.q(0, 0, i, c) = c == i % 4 ? 25.0F : 0.1F * x.q(0, 0, i, c);
      x.k(0, 0, i, c) = -x.q(0, 0, i, c);
    }
  }
  for (const ExactPairs& exact : {ExactPairs{}, ExactPairs{.window = 8}, ExactPairs{.window = 1}}) {
    for (const Mask mask : {Mask::none, Mask::causal}) {
      const AttentionOptions options{.mask = mask, .exact = exact};
      Tensor<float> out = x.output();
      const AttentionReport report = attention<float>(map, x.inputs(), out.view(), options);
      CHECK(report.underflowed_rows + report.nonfinite_rows == 0);
      CHECK(largest_difference(out, mixed_reference(map, x, weighing_of(x, options))) <= 2e-3);
    }
  }
}

TEST_CASE("masks, lengths and packed sequences with exact pairs", "[attention]") {
  const FeatureMap<double> map(map_spec(4, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 2, 1, 150, 150, 4, 3}, 10);
  std::vector<char> live(150, 1);
  for (std::size_t j = 0; j < 150; ++j) live[j] = j % 3 != 1 && (j < 40 || j > 70) ? 1 : 0;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 1, 150);
  const std::vector<Index> bounds{0, 50, 50, 150};
  for (const Mask kind : {Mask::none, Mask::causal}) {
    for (const Rest rest : {Rest::features, Rest::none}) {
      AttentionOptions options{
          .mask = kind, .key_mask = mask, .exact = {.window = 25}, .rest = rest};
      const Weighing unmasked = weighing_of(x, options);
      const auto masked = [&](Index b, Index h, Index i, Index j) {
        return mask(b, j) ? unmasked(b, h, i, j) : Weigh::not_at_all;
      };
      CHECK(largest_difference(run(map, x, options), mixed_reference(map, x, masked)) <= 3e-14);
      Qkv<double> scribbled = x;
      for (Index j = 0; j < 150; ++j) {
        if (!mask(0, j)) scribbled.k(0, 0, j, 0) = scribbled.v(0, 0, j, 1) = kNaN;
      }
      CHECK(same_bits(run(map, scribbled, options), run(map, x, options)));
      options.key_mask = {};
      options.cu_seqlens = bounds;
      const auto packed = [&](Index b, Index h, Index i, Index j) {
        return (i < 50) == (j < 50) ? unmasked(b, h, i, j) : Weigh::not_at_all;
      };
      CHECK(largest_difference(run(map, x, options), mixed_reference(map, x, packed)) <= 3e-14);
    }
  }
}
