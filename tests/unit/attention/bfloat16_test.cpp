// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/attention.hpp"
#include "bochner/client/attention/exact.hpp"
#include "bochner/core/error.hpp"
#include "client/attention/reduced_products.hpp"
#include "simd/engine.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kRows = 300;
constexpr Index kDim = 24;
constexpr Index kHeads = 3;

std::vector<float> normals(Index count, unsigned seed, float sigma) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0F, sigma);
  std::vector<float> x(static_cast<std::size_t>(count));
  for (float& value : x) value = normal(generator);
  return x;
}

struct Problem {
  std::vector<float> q = normals(kHeads * kRows * kDim, 1, 0.4F);
  std::vector<float> k = normals(kHeads * kRows * kDim, 2, 0.4F);
  std::vector<float> v = normals(kHeads * kRows * kDim, 3, 1.0F);

  template <class T>
  static TensorView<T, 4> view(T* data) {
    return {data, {1, kHeads, kRows, kDim}};
  }
  AttentionInputs<float> inputs() const {
    return {view<const float>(q.data()), view<const float>(k.data()), view<const float>(v.data())};
  }
  std::vector<float> run(const FeatureMap<float>& map, const AttentionOptions& options,
                         int threads = 1, std::string* arithmetic = nullptr) const {
    std::vector<float> out(v.size());
    const AttentionReport report =
        attention<float>(map, inputs(), view(out.data()), options, {.num_threads = threads});
    if (arithmetic) *arithmetic = report.arithmetic;
    return out;
  }
};

FeatureMap<float> map_of(const FeatureFunction& features, Index m) {
  return FeatureMap<float>({.input_dim = kDim,
                            .num_frequencies = m,
                            .kernel = SoftmaxKernel::for_dimension(kDim),
                            .projection = OrthogonalProjection{},
                            .features = features,
                            .seed = {5}});
}

double relative_error(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0.0;
  double total = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    total += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(error / total);
}

/// The largest distance of a and b, relative to sums of absolute terms.
double largest_gap(const Matrix<float>& a, const Matrix<float>& b, const Matrix<float>& scale) {
  double gap = 0.0;
  for (Index i = 0; i < a.size(); ++i) {
    gap = std::max(gap, std::abs(static_cast<double>(a.data()[i] - b.data()[i])) /
                            static_cast<double>(scale.data()[i]));
  }
  return gap;
}

}  // namespace

TEST_CASE("bfloat16 products err far less than the features", "[attention][bfloat16]") {
  const Problem problem;
  std::vector<float> exact(problem.v.size());
  const auto masks = {Mask::none, Mask::causal};
  for (const Mask mask : masks) {
    exact_attention<float>(SoftmaxKernel::for_dimension(kDim), problem.inputs(),
                           Problem::view(exact.data()), {.mask = mask});
    for (const FeatureFunction& features :
         {FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
          FeatureFunction(TrigonometricFeatures{})}) {
      const FeatureMap<float> map = map_of(features, 63);
      const std::vector<float> full = problem.run(map, {.mask = mask});
      std::string arithmetic;
      const std::vector<float> reduced =
          problem.run(map, {.mask = mask, .products = Products::bfloat16}, 1, &arithmetic);
      CHECK(arithmetic == attention_internals::ReducedProducts::arithmetic());
      const double error = relative_error(reduced, full);
      INFO("reduced " << error << ", features " << relative_error(full, exact));
      CHECK(error > 0.0);  // something was rounded
      // Numerators and the attention's own cancellation over about 300 values of mean 0: factors
      // err by at most 2^-9 each.
      CHECK(error < 0.05 * relative_error(full, exact));
    }
  }
}

TEST_CASE("bfloat16 attention has the same bits for any number of threads, and no look-ahead",
          "[attention][bfloat16]") {
  const FeatureMap<float> map = map_of(PositiveFeatures{}, 64);
  Problem problem;
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const AttentionOptions options{.mask = mask, .products = Products::bfloat16};
    const std::vector<float> one = problem.run(map, options);
    for (const int threads : {2, 3, 7}) CHECK(problem.run(map, options, threads) == one);
  }
  const AttentionOptions causal{.mask = Mask::causal, .products = Products::bfloat16};
  const std::vector<float> before = problem.run(map, causal);
  constexpr Index kChanged = 201;
  for (Index h = 0; h < kHeads; ++h) {
    for (Index i = (h * kRows + kChanged) * kDim; i < (h + 1) * kRows * kDim; ++i) {
      problem.k[static_cast<std::size_t>(i)] *= 3.0F;
      problem.v[static_cast<std::size_t>(i)] += 1.0F;
    }
  }
  const std::vector<float> after = problem.run(map, causal);
  for (Index h = 0; h < kHeads; ++h) {
    const auto first = before.begin() + h * kRows * kDim;
    CHECK(std::equal(first, first + kChanged * kDim, after.begin() + h * kRows * kDim));
  }
}

TEST_CASE("bfloat16 is for float inputs", "[attention][bfloat16]") {
  const FeatureMap<double> map({.input_dim = 2,
                                .num_frequencies = 4,
                                .kernel = SoftmaxKernel{},
                                .features = PositiveFeatures{}});
  std::vector<double> x(2);
  std::vector<double> out(2);
  const TensorView<const double, 4> in(x.data(), {1, 1, 1, 2});
  CHECK_THROWS_AS(
      attention<double>(map, {in, in, in}, TensorView<double, 4>(out.data(), {1, 1, 1, 2}),
                        {.products = Products::bfloat16}),
      InvalidArgument);
}

TEST_CASE("native bfloat16 products agree with products of rounded factors", "[simd][bfloat16]") {
  const simd::Bfloat16Kernels* const native = simd::native_bfloat16();
  if (!native) return;
  const simd::Kernels<float>& engine = simd::kernels<float>();
  // Products of two bfloat16 factors are exact in float: only the order of sums may differ.
  constexpr double kTolerance = 64 * 0x1p-24;
  for (const Index rows : {1, 2, 17, 63, 64}) {
    for (const Index features : {1, 5, 16, 37, 64}) {
      for (const Index values : {1, 16, 33, 64}) {
        const Index ldp = simd::padded<float>(features);
        const Index ldv = simd::padded<float>(values);
        Matrix<float> phi(64, ldp), v(64, ldv), s(features, ldv);
        Matrix<float> rounded_phi(64, ldp), rounded_v(64, ldv), rounded_s(features, ldv);
        unsigned seed = 1;
        for (Matrix<float>* const x : {&phi, &v, &s}) {
          const std::vector<float> numbers = normals(x->size(), ++seed, 1.0F);
          std::copy(numbers.begin(), numbers.end(), x->data());
        }
        simd::round_to_bfloat16(phi.data(), rows, features, ldp, rounded_phi.data());
        simd::round_to_bfloat16(v.data(), rows, values, ldv, rounded_v.data());
        simd::round_to_bfloat16(s.data(), features, values, ldv, rounded_s.data());
        Matrix<float> sums(features, ldv), expected_sums(features, ldv), sum_scale(features, ldv);
        Matrix<float> out(64, ldv), expected(64, ldv), scale(64, ldv);
        std::fill_n(sum_scale.data(), sum_scale.size(), 1.0F);
        std::fill_n(scale.data(), scale.size(), 1.0F);
        for (Index j = 0; j < features; ++j) {
          for (Index c = 0; c < values; ++c) {
            for (Index r = 0; r < rows; ++r) {
              sum_scale(j, c) += std::abs(rounded_phi(r, j) * rounded_v(r, c));
              scale(r, c) += std::abs(rounded_phi(r, j) * rounded_s(j, c));
            }
          }
        }
        engine.accumulate(rounded_phi.data(), ldp, rows, features, rounded_v.data(), ldv, values,
                          nullptr, expected_sums.data(), ldv);
        engine.contract(rounded_phi.data(), ldp, rows, features, rounded_s.data(), ldv, values,
                        expected.data(), ldv);
        attention_internals::ReducedProducts products(features, values);
        products.accumulate(phi.data(), rows, v.data(), sums.data());
        products.set_state(s.data());
        products.contract(phi.data(), rows, out.data());
        for (Index j = 0; j < features; ++j) {
          for (Index c = values; c < ldv; ++c) sums(j, c) = expected_sums(j, c) = 0.0F;
        }
        for (Index r = 0; r < 64; ++r) {
          for (Index c = r < rows ? values : 0; c < ldv; ++c) out(r, c) = expected(r, c) = 0.0F;
        }
        INFO(rows << " x " << features << " x " << values);
        CHECK(largest_gap(sums, expected_sums, sum_scale) < kTolerance);
        CHECK(largest_gap(out, expected, scale) < kTolerance);
      }
    }
  }
}
