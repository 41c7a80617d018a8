// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
Tensor<T> run(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options = {},
              int threads = 1) {
  Tensor<T> out = x.output();
  std::fill(out.elements.begin(), out.elements.end(), static_cast<T>(kNaN));
  attention<T>(map, x.inputs(), out.view(), options, Execution{threads});
  return out;
}

bool everything(Index, Index, Index) { return true; }
bool causally(Index, Index i, Index j) { return j <= i; }

/// Signed features leave small normalisers, which magnify rounding.
template <class T>
double tolerance(const FeatureFunction& features) {
  const bool is_signed = std::holds_alternative<TrigonometricFeatures>(features) ||
                         std::holds_alternative<CosineFeatures>(features);
  const double unit = std::is_same_v<T, float> ? 4e-6 : 2e-14;
  return is_signed ? 1e4 * unit : unit;
}

}  // namespace

TEMPLATE_TEST_CASE("attention is the sum over pairs of features", "[attention]", float, double) {
  using T = TestType;
  for (const FeatureFunction& features : some_features()) {
    CAPTURE(to_text(features));
    const FeatureMap<T> map(map_spec(5, 24, features));
    for (const Shape& shape : {Shape{2, 4, 2, 70, 130, 5, 3}, Shape{1, 1, 1, 3, 2, 5, 17},
                               Shape{1, 3, 1, 150, 150, 5, 1}, Shape{1, 1, 1, 1, 1, 5, 4}}) {
      const Qkv<T> x = normal_qkv<T>(shape, 1, 0.5);
      const double error = largest_difference(run(map, x), reference_attention(map, x, everything));
      CHECK(error <= tolerance<T>(features));
      if (shape.queries != shape.keys) continue;
      const double causal_error = largest_difference(run(map, x, {.mask = Mask::causal}),
                                                     reference_attention(map, x, causally));
      CHECK(causal_error <= tolerance<T>(features));
    }
  }
}

TEST_CASE("long sequences keep their accuracy", "[attention]") {
  // Values of one sign, so that naive sums in float would drift; the state is compensated.
  const FeatureMap<float> map(map_spec(4, 16, PositiveFeatures{}));
  const FeatureMap<double> exact_map(map_spec(4, 16, PositiveFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 8, 200000, 4, 2}, 5, 0.5);
  for (float& v : x.v.elements) v = 1.0F + 0.1F * v;
  Qkv<double> y{Tensor<double>(1, 1, 8, 4), Tensor<double>(1, 1, 200000, 4),
                Tensor<double>(1, 1, 200000, 2)};
  std::copy(x.q.elements.begin(), x.q.elements.end(), y.q.elements.begin());
  std::copy(x.k.elements.begin(), x.k.elements.end(), y.k.elements.begin());
  std::copy(x.v.elements.begin(), x.v.elements.end(), y.v.elements.begin());
  CHECK(largest_difference(run(map, x), run(exact_map, y)) <= 1e-6);
}

TEST_CASE("causal rows see their offset", "[attention]") {
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<double> map(map_spec(4, 12, features));
    for (const Index offset : {-100, -7, 0, 30, 64, 130, 200}) {
      const Qkv<double> x = normal_qkv<double>({1, 2, 1, 100, 200, 4, 3}, 2, 0.5);
      const auto sees = [&](Index, Index i, Index j) { return j <= i + offset; };
      const Tensor<double> expected = reference_attention(map, x, sees);
      AttentionOptions options{.mask = Mask::causal, .query_offset = offset};
      CHECK(largest_difference(run(map, x, options), expected) <= tolerance<double>(features));
      Tensor<double> out = x.output();
      const AttentionReport report =
          attention<double>(map, x.inputs(), out.view(), options, Execution{2});
      CHECK(report.empty_rows == 2 * std::clamp<Index>(-offset, 0, 100));
      CHECK(same_bits(out, run(map, x, options)));
    }
  }
}

TEST_CASE("keys that are not live are as if they were not there", "[attention]") {
  const Qkv<double> x = normal_qkv<double>({2, 2, 1, 150, 150, 4, 3}, 3, 0.7);
  Matrix<std::int32_t> draw(2, 150);
  std::vector<char> live(300);
  const Stream stream(Seed{4}, Purpose::study);
  for (std::size_t i = 0; i < live.size(); ++i) live[i] = stream.uniform(i) < 0.6 ? 1 : 0;
  for (std::size_t j = 0; j < 9; ++j) live[150 + j] = 0;  // the first rows of entry 1 see nothing
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 2, 150);
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<double> map(map_spec(4, 12, features));
    for (const Mask kind : {Mask::none, Mask::causal}) {
      const AttentionOptions options{.mask = kind, .key_mask = mask};
      const auto sees = [&](Index b, Index i, Index j) {
        return mask(b, j) && (kind == Mask::none || j <= i);
      };
      const Tensor<double> out = run(map, x, options);
      CHECK(largest_difference(out, reference_attention(map, x, sees)) <=
            tolerance<double>(features));
      for (const double poison : {kNaN, std::numeric_limits<double>::infinity(), 1e300}) {
        Qkv<double> scribbled = x;
        for (Index b = 0; b < 2; ++b) {
          for (Index j = 0; j < 150; ++j) {
            if (mask(b, j)) continue;
            for (Index c = 0; c < 4; ++c) scribbled.k(b, 0, j, c) = poison;
            for (Index c = 0; c < 3; ++c) scribbled.v(b, 0, j, c) = poison;
          }
        }
        CHECK(same_bits(run(map, scribbled, options), out));
        CHECK(same_bits(run(map, scribbled, options, 3), out));
      }
    }
  }
}

TEST_CASE("padded keys in the normaliser would show", "[attention]") {
  // The wrong variant of public code: V zeroed, the keys still counted.
  const FeatureMap<double> map(map_spec(4, 12, PositiveFeatures{}));
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 20, 20, 4, 3}, 3, 0.7);
  const std::vector<Index> lengths{15};
  const Tensor<double> right = run(map, x, {.key_lengths = lengths});
  const auto sees = [](Index, Index, Index j) { return j < 15; };
  CHECK(largest_difference(right, reference_attention(map, x, sees)) <= 1e-13);
  for (Index j = 15; j < 20; ++j) {
    for (Index c = 0; c < 3; ++c) x.v(0, 0, j, c) = 0.0;
  }
  CHECK(largest_difference(run(map, x), right) > 1e-2);
}

TEST_CASE("packed sequences are sequences", "[attention]") {
  const FeatureMap<float> map(map_spec(4, 12, HyperbolicFeatures{}));
  const Qkv<float> x = normal_qkv<float>({1, 2, 2, 200, 230, 4, 3}, 9);
  const std::vector<Index> queries{0, 70, 70, 199, 200};
  const std::vector<Index> keys{0, 100, 120, 120, 230};
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const Tensor<float> packed =
        run(map, x, {.mask = mask, .cu_seqlens = queries, .cu_seqlens_keys = keys}, 2);
    for (std::size_t s = 0; s + 1 < queries.size(); ++s) {
      const Index rows = queries[s + 1] - queries[s];
      const Index length = keys[s + 1] - keys[s];
      Tensor<float> alone(1, 2, rows, 3);
      const auto part = [](TensorView<const float, 4> t, Index first, Index count) {
        t.data += first * t.stride(2);
        t.extents[2] = count;
        return t;
      };
      const AttentionInputs<float> inputs{part(x.q.view(), queries[s], rows),
                                          part(x.k.view(), keys[s], length),
                                          part(x.v.view(), keys[s], length)};
      attention<float>(map, inputs, alone.view(), {.mask = mask});
      for (Index h = 0; h < 2; ++h) {
        for (Index i = 0; i < rows; ++i) {
          for (Index c = 0; c < 3; ++c) CHECK(alone(0, h, i, c) == packed(0, h, queries[s] + i, c));
        }
      }
    }
  }
}

TEST_CASE("the bits depend on neither threads nor batching", "[attention]") {
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<float> map(map_spec(8, 20, features));
    const Qkv<float> x = normal_qkv<float>({3, 4, 2, 1500, 1500, 8, 5}, 11);
    for (const Mask mask : {Mask::none, Mask::causal}) {
      const Tensor<float> one = run(map, x, {.mask = mask}, 1);
      for (const int threads : {2, 3, 7, 32}) {
        CHECK(same_bits(run(map, x, {.mask = mask}, threads), one));
      }
      for (Index b = 0; b < 3; ++b) {
        for (Index h = 0; h < 4; ++h) {
          const auto pick = [&](TensorView<const float, 4> t, Index head) {
            t.data += b * t.stride(0) + head * t.stride(1);
            t.extents[0] = t.extents[1] = 1;
            return t;
          };
          Tensor<float> alone(1, 1, 1500, 5);
          attention<float>(map,
                           {pick(x.q.view(), h), pick(x.k.view(), h / 2), pick(x.v.view(), h / 2)},
                           alone.view(), {.mask = mask}, Execution{2});
          CHECK(std::equal(alone.elements.begin(), alone.elements.end(), &one(b, h, 0, 0)));
        }
      }
    }
  }
}

TEST_CASE("a causal row has the same bits whatever comes after it", "[attention]") {
  for (const FeatureFunction& features : some_features()) {
    const FeatureMap<float> map(map_spec(8, 20, features));
    for (const double size : {0.3, 3.0, 20.0}) {
      CAPTURE(to_text(features), size);
      const Index length = 200;
      const Qkv<float> x = normal_qkv<float>({1, 1, 1, length, length, 8, 5}, 12, size);
      const Tensor<float> out = run(map, x, {.mask = Mask::causal});
      for (const Index cut : {1, 63, 64, 65, 100}) {
        for (const double factor : {-1.0, 40.0, kNaN}) {
          Qkv<float> other = x;
          for (Index j = cut; j < length; ++j) {
            for (Index c = 0; c < 8; ++c) other.k(0, 0, j, c) *= static_cast<float>(factor);
            for (Index c = 0; c < 5; ++c) other.v(0, 0, j, c) *= static_cast<float>(factor);
          }
          const Tensor<float> changed = run(map, other, {.mask = Mask::causal}, 2);
          CHECK(std::equal(&out(0, 0, 0, 0), &out(0, 0, cut - 1, 4) + 1, &changed(0, 0, 0, 0),
                           [](float a, float b) { return std::memcmp(&a, &b, 4) == 0; }));
        }
      }
    }
  }
}

TEST_CASE("large norms neither underflow nor lose digits", "[attention]") {
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(HyperbolicOprfFeatures{-0.05})}) {
    const Index d = 16;
    const FeatureMap<float> map(map_spec(d, 64, features));
    for (const double norm : {4.0, 25.0, 1e3}) {
      CAPTURE(to_text(features), norm);
      Qkv<float> x = normal_qkv<float>({1, 1, 1, 150, 150, d, 3}, 13);
      for (Index i = 0; i < 150; ++i) {
        double squares = 0.0;
        for (Index c = 0; c < d; ++c) squares += std::pow(double{x.k(0, 0, i, c)}, 2);
        for (Index c = 0; c < d; ++c) {
          x.k(0, 0, i, c) *= static_cast<float>(norm / std::sqrt(squares));
          x.q(0, 0, i, c) = -x.k(0, 0, i, c);  // anti-aligned: the worst there is
        }
      }
      const auto largest = [](const Tensor<float>& v) {
        double top = 0.0;
        for (const float e : v.elements) top = std::max(top, std::abs(double{e}));
        return top;
      };
      for (const auto& [mask, sees] :
           {std::pair{Mask::none, &everything}, std::pair{Mask::causal, &causally}}) {
        Tensor<float> out = x.output();
        const AttentionReport report =
            attention<float>(map, x.inputs(), out.view(), {.mask = mask});
        CHECK(report.underflowed_rows == 0);
        CHECK(largest_difference(out, reference_attention<float>(map, x, sees)) <=
              1e-5 * largest(x.v));
      }
    }
  }
}

TEST_CASE("a NaN reaches the rows that see it", "[attention]") {
  const Index length = 140;
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<float> map(map_spec(4, 12, features));
    const Qkv<float> x = normal_qkv<float>({2, 1, 1, length, length, 4, 3}, 14);
    const Tensor<float> clean = run(map, x, {.mask = Mask::causal});
    for (const float poison : {static_cast<float>(kNaN), std::numeric_limits<float>::infinity()}) {
      Qkv<float> key = x;
      key.k(0, 0, 70, 2) = poison;
      Qkv<float> value = x;
      value.v(0, 0, 70, 1) = poison;
      Qkv<float> query = x;
      query.q(0, 0, 70, 3) = poison;
      const Tensor<float> from_key = run(map, key, {.mask = Mask::causal}, 2);
      const Tensor<float> from_value = run(map, value, {.mask = Mask::causal}, 2);
      const Tensor<float> from_query = run(map, query, {.mask = Mask::causal}, 2);
      const Tensor<float> all = run(map, key);
      for (Index b = 0; b < 2; ++b) {
        for (Index i = 0; i < length; ++i) {
          for (Index c = 0; c < 3; ++c) {
            const bool later = b == 0 && i >= 70;
            const float expected = clean(b, 0, i, c);
            CHECK((later ? std::isnan(from_key(b, 0, i, c)) : from_key(b, 0, i, c) == expected));
            CHECK((later && c == 1 ? !std::isfinite(from_value(b, 0, i, c))
                                   : from_value(b, 0, i, c) == expected));
            CHECK((b == 0 && i == 70 ? std::isnan(from_query(b, 0, i, c))
                                     : from_query(b, 0, i, c) == expected));
            CHECK(std::isnan(all(b, 0, i, c)) == (b == 0));
          }
        }
      }
    }
  }
}
