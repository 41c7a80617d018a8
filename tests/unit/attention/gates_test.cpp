// SPDX-License-Identifier: Apache-2.0
//
// One factor per key and head.
#include "gates.hpp"

#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/heads.hpp>
#include <bochner/client/attention/matrix.hpp>
#include <bochner/client/attention/narrow.hpp>
#include <bochner/client/attention/plan.hpp>
#include <bochner/client/attention/report.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
Tensor<T> run(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options,
              int threads = 1) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(), options, Execution{threads});
  return out;
}

template <class T>
Tensor<T> run_exact(const Kernel& kernel, const Qkv<T>& x, const AttentionOptions& options,
                    int threads = 1) {
  Tensor<T> out = x.output();
  exact_attention<T>(kernel, x.inputs(), out.view(), options, {}, Execution{threads});
  return out;
}

template <class T>
double tolerance(const FeatureFunction& features) {
  const bool is_signed = std::holds_alternative<TrigonometricFeatures>(features) ||
                         std::holds_alternative<CosineFeatures>(features);
  const double unit = std::is_same_v<T, float> ? 6e-6 : 3e-14;
  return is_signed ? 1e4 * unit : unit;
}

/// Rounding of the sums of logarithms of so many gates, in double.
double rounding_of_sums(const Gates& gates) {
  double least = 1.0;
  for (const double gate : gates.elements) least = gate == 0.0 ? least : std::min(least, gate);
  const auto count = static_cast<double>(gates.extents[2]);
  return count * -std::log2(least) * count * 0x1p-53;
}

}  // namespace

TEMPLATE_TEST_CASE("gates multiply weights, near and far", "[attention]", float, double) {
  using T = TestType;
  const std::vector<ExactPairs> pairs{{}, {.window = 10, .first_keys = 3}, {.first_keys = 40}};
  for (const FeatureFunction& features : some_features()) {
    // No normaliser of signed features is near zero at this size.
    const FeatureMap<T> map(map_spec(4, 32, features));
    const Qkv<T> x = normal_qkv<T>({1, 4, 2, 70, 100, 4, 3}, 1, 0.4);
    for (const GateSize size : {GateSize::mild, GateSize::mixed, GateSize::strong}) {
      const Gates gates = some_gates(1, 2, 100, size);
      for (const Index offset : {Index{0}, Index{30}, Index{-20}}) {
        for (const ExactPairs& exact : pairs) {
          const AttentionOptions options{
              .mask = Mask::causal, .query_offset = offset, .gates = gates.view(), .exact = exact};
          const GateFactors factors(gates, 2, offset);
          const auto weighing = [&](Index b, Index h, Index i, Index j) {
            const bool exactly = i + offset - j < exact.window || j < exact.first_keys;
            return factors.weigh(b, h, i, j, exactly ? Weigh::exactly : Weigh::by_features);
          };
          CAPTURE(to_text(features), static_cast<int>(size), offset, exact.window,
                  exact.first_keys);
          const Tensor<T> out = run(map, x, options);
          CHECK(largest_difference(out, mixed_reference(map, x, weighing, factors)) <=
                tolerance<T>(features) + rounding_of_sums(gates));
          CHECK(same_bits(run(map, x, options, 2), out));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("gates in exact attention", "[attention]", float, double) {
  using T = TestType;
  for (const Kernel& kernel : {Kernel(SoftmaxKernel{}), Kernel(GaussianKernel{Isotropic{1.0}})}) {
    const FeatureMap<T> map(map_spec(4, 16, PositiveFeatures{}, kernel));
    for (const double scale : {0.6, 12.0}) {  // ordinary rows, and wide ones
      const Qkv<T> x = normal_qkv<T>({1, 4, 2, 300, 300, 4, 3}, 2, scale);
      for (const GateSize size : {GateSize::mild, GateSize::mixed, GateSize::faint}) {
        const Gates gates = some_gates(1, 2, 300, size);
        for (const Index window : {Index{0}, Index{40}}) {
          const AttentionOptions options{
              .mask = Mask::causal, .window = window, .gates = gates.view()};
          const GateFactors factors(gates, 2);
          const auto weighing = [&](Index b, Index h, Index i, Index j) {
            if (window > 0 && i - j >= window) return Weigh::not_at_all;
            return factors.weigh(b, h, i, j, Weigh::exactly);
          };
          CAPTURE(to_text(kernel), scale, static_cast<int>(size), window);
          const Tensor<T> out = run_exact(kernel, x, options);
          CHECK(largest_difference(out, mixed_reference(map, x, weighing, factors)) <=
                (std::is_same_v<T, float> ? 3e-5 : 1e-12) + rounding_of_sums(gates));
          CHECK(same_bits(run_exact(kernel, x, options, 2), out));
        }
      }
    }
  }
}

TEST_CASE("gates of 1 change no bit, and equal ones decay", "[attention]") {
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 200, 200, 4, 3}, 3, 0.6);
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  const Gates ones(2, 2, 200);
  for (const ExactPairs& exact : {ExactPairs{}, ExactPairs{.window = 20, .first_keys = 3}}) {
    CHECK(same_bits(run(map, x, {.mask = Mask::causal, .gates = ones.view(), .exact = exact}),
                    run(map, x, {.mask = Mask::causal, .exact = exact})));
  }
  const std::vector<double> rates{0.3, 0.02};
  Gates equal(2, 2, 200);
  for (Index b = 0; b < 2; ++b) {
    for (Index h = 0; h < 2; ++h) {
      for (Index k = 0; k < 200; ++k)
        equal(b, h, k) = std::exp(-rates[static_cast<std::size_t>(h)]);
    }
  }
  const AttentionOptions gated{.mask = Mask::causal, .gates = equal.view()};
  const AttentionOptions decaying{.mask = Mask::causal, .decay = rates};
  CHECK(largest_difference(run(map, x, gated), run(map, x, decaying)) <= 1e-12);
  CHECK(largest_difference(run_exact(SoftmaxKernel{}, x, gated),
                           run_exact(SoftmaxKernel{}, x, decaying)) <= 1e-12);
}

TEST_CASE("what gates of 0 forget reaches no later row", "[attention]") {
  Qkv<double> x = normal_qkv<double>({1, 2, 2, 200, 200, 4, 3}, 4, 0.6);
  Gates gates(1, 2, 200, 0.9);
  gates(0, 0, 100) = 0.0;
  gates(0, 1, 3) = 0.0;
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  x.k(0, 0, 99, 1) = x.v(0, 0, 50, 0) = std::numeric_limits<double>::quiet_NaN();
  x.v(0, 1, 2, 1) = std::numeric_limits<double>::infinity();
  const auto check = [&](const Tensor<double>& out) {
    for (Index i = 0; i < 200; ++i) {
      for (Index c = 0; c < 3; ++c) {
        CHECK(std::isfinite(out(0, 0, i, c)) == (i < 50 || i >= 100 || (i < 99 && c > 0)));
        CHECK(std::isfinite(out(0, 1, i, c)) == (i < 2 || i >= 3 || c != 1));
      }
    }
  };
  const AttentionOptions options{.mask = Mask::causal, .gates = gates.view()};
  check(run_exact(SoftmaxKernel{}, x, options));
  // As if nothing had been there.
  Tensor<double> after(1, 1, 100, 3);
  const auto tail = [](const Tensor<double>& t) {
    TensorView<const double, 4> view = t.view();
    view.data += 100 * view.stride(2);
    view.extents = {1, 1, 100, view.extent(3)};
    return view;
  };
  TensorView<const double, 3> tail_gates = gates.part(100, 100);
  tail_gates.extents[1] = 1;
  attention<double>(map, {tail(x.q), tail(x.k), tail(x.v)}, after.view(),
                    {.mask = Mask::causal, .gates = tail_gates});
  const Tensor<double> out = run(map, x, options);
  CHECK(std::memcmp(after.elements.data(), &out(0, 0, 100, 0), 300 * sizeof(double)) == 0);
}

TEST_CASE("the least gates and gates of 0 alone leave each key to itself", "[attention]") {
  const Qkv<float> x = normal_qkv<float>({1, 2, 1, 150, 150, 4, 3}, 5, 0.6);
  for (const double gate : {0.0, std::numeric_limits<double>::denorm_min(), 1e-30}) {
    const Gates gates(1, 1, 150, gate);
    for (const FeatureFunction& features : some_features()) {
      const FeatureMap<float> map(map_spec(4, 16, features));
      for (const ExactPairs& exact : {ExactPairs{}, ExactPairs{.window = 5, .first_keys = 9}}) {
        const Tensor<float> out =
            run(map, x, {.mask = Mask::causal, .gates = gates.view(), .exact = exact});
        for (Index h = 0; h < 2; ++h) {
          for (Index i = 0; i < 150; ++i) {
            for (Index c = 0; c < 3; ++c) {
              CHECK(std::abs(out(0, h, i, c) - x.v(0, 0, i, c)) <=
                    3e-6 * std::abs(x.v(0, 0, i, c)));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("gates with masked keys, packed sequences and decay", "[attention]") {
  const Qkv<double> x = normal_qkv<double>({1, 4, 2, 150, 150, 4, 3}, 6, 0.7);
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  const Gates gates = some_gates(1, 2, 150, GateSize::mixed, 3);
  const double rounding = 3e-14 + rounding_of_sums(gates);
  std::vector<char> live(150, 1);
  for (std::size_t j = 0; j < 150; ++j) live[j] = j % 4 != 2 && (j < 30 || j > 80) ? 1 : 0;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 1, 150);
  const std::vector<double> decay{0.3, 0.05};
  AttentionOptions options{
      .mask = Mask::causal, .key_mask = mask, .decay = decay, .gates = gates.view()};
  const auto reference = [&](const GateFactors& factors, Weigh otherwise,
                             const std::function<bool(Index, Index)>& sees) {
    const auto weighing = [&](Index b, Index h, Index i, Index j) {
      return sees(i, j) ? factors.weigh(b, h, i, j, otherwise) : Weigh::not_at_all;
    };
    return mixed_reference(map, x, weighing, factors);
  };
  const auto all = [](Index, Index) { return true; };
  const GateFactors masked(gates, 2, 0, decay, [&](Index b, Index j) { return mask(b, j); });
  CHECK(largest_difference(run(map, x, options), reference(masked, Weigh::by_features, all)) <=
        rounding);

  const std::vector<Index> lengths{120};
  options.key_mask = {};
  options.key_lengths = lengths;
  const GateFactors shorter(gates, 2, 0, decay, [](Index, Index j) { return j < 120; });
  Gates padded = gates;
  for (Index j = 120; j < 150; ++j) padded(0, 0, j) = std::numeric_limits<double>::quiet_NaN();
  options.gates = padded.view();
  CHECK(largest_difference(run(map, x, options), reference(shorter, Weigh::by_features, all)) <=
        rounding);

  const std::vector<Index> bounds{0, 70, 150};
  options.key_lengths = {};
  options.gates = gates.view();
  options.cu_seqlens = bounds;
  const GateFactors unmasked(gates, 2, 0, decay);
  const auto packed = [](Index i, Index j) { return (i < 70) == (j < 70); };
  const Tensor<double> out = run(map, x, options);
  CHECK(largest_difference(out, reference(unmasked, Weigh::by_features, packed)) <= rounding);
  CHECK(largest_difference(run_exact(SoftmaxKernel{}, x, options),
                           reference(unmasked, Weigh::exactly, packed)) <= rounding);

  const std::vector<FeatureMap<double>> maps{map, map};
  Tensor<double> by_heads = x.output();
  attention<double>(maps, x.inputs(), by_heads.view(), options);
  CHECK(same_bits(by_heads, out));
  Tensor<double> error = x.output();
  Tensor<double> with_error = x.output();
  attention_with_error<double>(map, x.inputs(), with_error.view(), error.view(), options);
  CHECK(same_bits(with_error, out));

  // The same gates, last axis first.
  std::vector<double> transposed(300);
  for (Index h = 0; h < 2; ++h) {
    for (Index k = 0; k < 150; ++k)
      transposed[static_cast<std::size_t>(2 * k + h)] = gates(0, h, k);
  }
  options.gates = {transposed.data(), {1, 2, 150}, {300, 1, 2}};
  CHECK(same_bits(run(map, x, options), out));
}

TEST_CASE("gated rows depend on nothing after them, nor on their neighbours", "[attention]") {
  const Qkv<float> x = normal_qkv<float>({2, 4, 2, 260, 260, 4, 3}, 7, 0.8);
  const FeatureMap<float> map(map_spec(4, 16, PositiveFeatures{}));
  const Gates gates = some_gates(2, 2, 260, GateSize::mixed, 5);
  for (const ExactPairs& exact : {ExactPairs{}, ExactPairs{.window = 30, .first_keys = 2}}) {
    const AttentionOptions options{.mask = Mask::causal, .gates = gates.view(), .exact = exact};
    const Tensor<float> out = run(map, x, options);
    for (const Index cut : {Index{1}, Index{64}, Index{130}}) {
      Qkv<float> other = x;
      Gates others = gates;
      for (Index b = 0; b < 2; ++b) {
        for (Index h = 0; h < 2; ++h) {
          for (Index k = cut; k < 260; ++k) {
            other.k(b, h, k, 0) = 3.0F;
            other.v(b, h, k, 1) = -1e4F;
            others(b, h, k) = k % 3 == 0 ? 0.0 : 0.3;
          }
        }
      }
      AttentionOptions changed = options;
      changed.gates = others.view();
      const Tensor<float> then = run(map, other, changed);
      for (Index b = 0; b < 2; ++b) {
        for (Index h = 0; h < 4; ++h) {
          CHECK(std::memcmp(&then(b, h, 0, 0), &out(b, h, 0, 0),
                            static_cast<std::size_t>(cut) * 3 * sizeof(float)) == 0);
        }
      }
    }
    // The last entry's second key head alone.
    Tensor<float> alone(1, 2, 260, 3);
    const auto head = [](TensorView<const float, 4> view, Index first, Index count) {
      view.data += view.stride(0) + first * view.stride(1);
      view.extents[0] = 1;
      view.extents[1] = count;
      return view;
    };
    TensorView<const double, 3> own = gates.view();
    own.data += own.stride(0) + own.stride(1);
    own.extents = {1, 1, 260};
    AttentionOptions mine = options;
    mine.gates = own;
    attention<float>(map, {head(x.q.view(), 2, 2), head(x.k.view(), 1, 1), head(x.v.view(), 1, 1)},
                     alone.view(), mine);
    CHECK(std::memcmp(&alone(0, 0, 0, 0), &out(1, 2, 0, 0), 2 * 260 * 3 * sizeof(float)) == 0);
  }
}

TEST_CASE("rows of weights are gated, too", "[attention]") {
  Gates gates = some_gates(1, 1, 90, GateSize::mild);
  gates(0, 0, 60) = 0.0;
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 90, 90, 4, 3}, 8, 0.7);
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  const AttentionOptions options{.mask = Mask::causal, .gates = gates.view()};
  const std::vector<AttentionRow> rows{{0, 0, 5}, {0, 0, 89}};
  Matrix<double> weights(2, 90);
  const auto check = [&](const Tensor<double>& expected) {
    for (Index r = 0; r < 2; ++r) {
      for (Index j = 0; j < 60 && r == 1; ++j) CHECK(weights(r, j) == 0.0);
      for (Index c = 0; c < 3; ++c) {
        double sum = 0.0;
        for (Index j = 0; j < 90; ++j) sum += weights(r, j) * x.v(0, 0, j, c);
        CHECK(std::abs(sum - expected(0, 0, rows[static_cast<std::size_t>(r)].query, c)) <= 1e-13);
      }
    }
  };
  attention_rows<double>(map, x.q.view(), x.k.view(), rows, weights.view(), options);
  check(run(map, x, options));
  exact_attention_rows<double>(SoftmaxKernel{}, x.q.view(), x.k.view(), rows, weights.view(),
                               options);
  check(run_exact(SoftmaxKernel{}, x, options));
}

TEST_CASE("gates over halves", "[attention]") {
  const Qkv<float> x = normal_qkv<float>({2, 4, 2, 100, 100, 4, 3}, 9, 0.7);
  Qkv<float> rounded = x;
  const auto narrow = [](Tensor<float>& t) {
    std::vector<Half> out;
    for (float& e : t.elements) {
      out.emplace_back(e);
      e = static_cast<float>(out.back());
    }
    return out;
  };
  const std::vector<Half> q = narrow(rounded.q);
  const std::vector<Half> k = narrow(rounded.k);
  const std::vector<Half> v = narrow(rounded.v);
  const AttentionInputs<Half> halves{
      {q.data(), x.q.extents}, {k.data(), x.k.extents}, {v.data(), x.v.extents}};
  const Gates gates = some_gates(2, 2, 100, GateSize::mixed, 7);
  const std::vector<Index> lengths{100, 60};
  const AttentionOptions options{
      .mask = Mask::causal, .key_lengths = lengths, .gates = gates.view()};
  const FeatureMap<float> map(map_spec(4, 16, PositiveFeatures{}));
  Tensor<float> out = x.output();
  attention<Half>(map, halves, out.view(), options, Execution{1});
  CHECK(same_bits(out, run(map, rounded, options)));
  exact_attention<Half>(SoftmaxKernel{}, halves, out.view(), options, {}, Execution{1});
  CHECK(same_bits(out, run_exact(SoftmaxKernel{}, rounded, options)));
}

TEST_CASE("wrong gates are refused", "[attention][bad]") {
  const Qkv<float> x = normal_qkv<float>({1, 2, 2, 90, 90, 4, 3}, 10);
  const FeatureMap<float> map(map_spec(4, 16, HyperbolicFeatures{}));
  const auto refused = [&](const AttentionOptions& options, const std::string& words) {
    CHECK_THROWS_WITH(run(map, x, options), Contains(words));
  };
  const Gates good(1, 2, 90);
  const auto with = [&](double value) {
    Gates gates = good;
    gates(0, 1, 17) = value;
    return gates;
  };
  const auto in_words = [&](const Gates& gates, const std::string& words) {
    refused({.mask = Mask::causal, .gates = gates.view()}, words);
    CHECK_THROWS_WITH(run_exact(SoftmaxKernel{}, x, {.mask = Mask::causal, .gates = gates.view()}),
                      Contains(words));
  };
  in_words(with(std::numeric_limits<double>::quiet_NaN()),
           "gates: batch 0, head 1, row 17 is nan, expected a number from 0 to 1");
  in_words(with(-0.5), "gates: batch 0, head 1, row 17 is -0.5, expected a number from 0 to 1");
  in_words(with(1.5), "row 17 is 1.5");
  in_words(Gates(1, 2, 89), "gates is 1 x 2 x 89, expected 1 x 2 x 90 (batch, key heads and keys)");
  in_words(Gates(1, 1, 90), "gates is 1 x 1 x 90");
  refused({.gates = good.view()}, "gates are given without a causal mask");
  refused({.mask = Mask::causal, .gates = good.view(), .exact = {.blocks = {.count = 1}}},
          "gates are given together with blocks");
  const AttentionOptions options{.mask = Mask::causal, .gates = good.view()};
  CHECK_THROWS_WITH(attention_report<float>(map, x.inputs(), 8, options),
                    Contains("gates are given, expected none"));
  CHECK_THROWS_WITH(
      plan_attention<float>(HeadSpecs(map.spec()), 0, x.inputs(), {.error = 0.1}, options),
      Contains("gates are given, expected none"));
  // 65,536 times 2^-1074 is below 2^-2^26.
  const Index many = 65536;
  const Qkv<float> longer = normal_qkv<float>({1, 1, 1, 1, many, 4, 1}, 11);
  const Gates faint = some_gates(1, 1, many, GateSize::faint);
  CHECK_THROWS_WITH(
      run(map, longer, {.mask = Mask::causal, .query_offset = many - 1, .gates = faint.view()}),
      Contains("the product of the gates since the last 0 is below 2^-2^26"));
}
