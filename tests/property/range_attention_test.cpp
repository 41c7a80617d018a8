// SPDX-License-Identifier: Apache-2.0
//
// Every function of attention at any offset and scale: a right answer, or a refusal.
#include "support/attention_oracle.hpp"
#include "unit/attention/reference.hpp"

#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/heads.hpp>
#include <bochner/client/attention/matrix.hpp>
#include <bochner/client/attention/report.hpp>
#include <bochner/client/attention/state.hpp>
#include <bochner/estimator/optimal_parameter.hpp>

#include <catch2/catch.hpp>

#include <optional>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 4;
constexpr Index kQueries = 12;
constexpr Index kKeys = 70;
constexpr Index kValueDim = 3;

template <class T>
constexpr long double kUnit = std::is_same_v<T, float> ? 0x1p-24L : 0x1p-53L;

/// body(inputs) for every offset and scale that fits T.
template <class T, class Body>
void for_each_range(const Body& body) {
  std::uint64_t seed = 60;
  for (const double offset : {0.0, 1e3, 1e6, 1e12}) {
    for (const double scale : {1e-30, 1e-10, 1.0, 1e10, 1e30}) {
      CAPTURE(offset, scale);
      Qkv<T> x = normal_qkv<T>({1, 1, 1, kQueries, kKeys, kDim, kValueDim}, seed++);
      for (Tensor<T>* rows : {&x.q, &x.k, &x.v}) {
        for (T& e : rows->elements) e = static_cast<T>(offset + scale * static_cast<double>(e));
      }
      body(x, offset, scale);
    }
  }
}

/// Whether a call was answered; false when it was refused.
template <class Call>
bool answered(const Call& call) {
  try {
    call();
    return true;
  } catch (const InvalidArgument&) {
    return false;
  }
}

template <class T>
MatrixView<const T> rows_of(const Tensor<T>& x) {
  return {x.elements.data(), x.extents[2], x.extents[3]};
}

/// Within the tolerance, or infinite where T ends.
template <class T>
bool right(T value, long double expected, long double tolerance) {
  if (std::abs(expected) > static_cast<long double>(std::numeric_limits<T>::max())) {
    return std::isinf(value) && (value > 0) == (expected > 0);
  }
  return std::abs(value - expected) <= tolerance + std::numeric_limits<T>::min();
}

template <class T>
std::vector<OracleRow> oracle(const Kernel& kernel, const Qkv<T>& x, Mask mask) {
  std::vector<OracleRow> rows;
  for (Index i = 0; i < kQueries; ++i) {
    rows.push_back(exact_row<T>(kernel, &x.q(0, 0, i, 0), rows_of(x.k), rows_of(x.v),
                                [&](Index j) { return mask == Mask::none || j <= i; }));
  }
  return rows;
}

std::vector<Kernel> kernels_for(double scale) {
  return {SoftmaxKernel{0.5}, GaussianKernel{Isotropic{2.0}},
          GaussianKernel{Isotropic{std::clamp(scale, 1e-10, 1e10)}}};
}

}  // namespace

TEMPLATE_TEST_CASE("exact attention is right or refused at any offset and scale",
                   "[range][attention]", float, double) {
  using T = TestType;
  int refused = 0;
  for_each_range<T>([&](const Qkv<T>& x, double, double scale) {
    for (const Kernel& kernel : kernels_for(scale)) {
      CAPTURE(to_text(kernel));
      for (const Mask mask : {Mask::none, Mask::causal}) {
        Tensor<T> out = x.output();
        AttentionReport report;
        if (!answered([&] {
              report = exact_attention<T>(kernel, x.inputs(), out.view(), {.mask = mask});
            })) {
          ++refused;
          continue;
        }
        CHECK((report.empty_rows == 0 && report.nonfinite_rows == 0));
        const std::vector<OracleRow> rows = oracle(kernel, x, mask);
        std::vector<AttentionRow> all;
        for (Index i = 0; i < kQueries; ++i) all.push_back({0, 0, i});
        Matrix<T> weights(kQueries, kKeys);
        exact_attention_rows<T>(kernel, x.q.view(), x.k.view(), all, weights.view(),
                                {.mask = mask});
        int wrong = 0;
        for (Index i = 0; i < kQueries; ++i) {
          const OracleRow& row = rows[static_cast<std::size_t>(i)];
          for (Index c = 0; c < kValueDim; ++c) {
            const auto k = static_cast<std::size_t>(c);
            wrong += right(out(0, 0, i, c), row.out[k], row.tolerance[k]) ? 0 : 1;
          }
          // Weights are computed in double.
          for (Index j = 0; j < kKeys; ++j) {
            const long double p = row.weight[static_cast<std::size_t>(j)];
            const long double spread = std::expm1(std::min(row.wide_delta, 300.0L));
            wrong +=
                right(weights(i, j), p,
                      std::min(1.0L, p * spread + spread * (p > 0 ? 1e-30L : 0)) + 4 * kUnit<T> * p)
                    ? 0
                    : 1;
          }
        }
        CHECK(wrong == 0);
      }
    }
  });
  CHECK(refused == 0);  // squares of all these fit double
}

TEMPLATE_TEST_CASE("gradients of exact attention are right or refused at any offset and scale",
                   "[range][attention]", float, double) {
  using T = TestType;
  int refused = 0;
  for_each_range<T>([&](const Qkv<T>& x, double, double scale) {
    for (const Kernel& kernel : kernels_for(scale)) {
      CAPTURE(to_text(kernel));
      const auto* softmax = std::get_if<SoftmaxKernel>(&kernel);
      const long double factor =
          softmax
              ? static_cast<long double>(softmax->scale)
              : std::pow(
                    1.0L / std::get<Isotropic>(std::get<GaussianKernel>(kernel).metric).lengthscale,
                    2.0L);
      Tensor<T> out = x.output();
      const Tensor<T> slope = normal_tensor<T>(1, 1, kQueries, kValueDim, 5);
      Qkv<T> d = x;
      if (!answered([&] {
            exact_attention<T>(kernel, x.inputs(), out.view());
            exact_attention_gradient<T>(kernel, x.inputs(), std::as_const(out).view(), slope.view(),
                                        {d.q.view(), d.k.view(), d.v.view()});
          })) {
        ++refused;
        continue;
      }
      const std::vector<OracleRow> rows = oracle(kernel, x, Mask::none);
      int wrong = 0;
      // pair(i, j) = p_ij (g_i . (v_j - o_i)), and how far it may be off.
      const auto pair = [&](Index i, Index j) {
        const OracleRow& row = rows[static_cast<std::size_t>(i)];
        const long double p = row.weight[static_cast<std::size_t>(j)];
        const long double spread = std::expm1(std::min(2.0L * row.delta, 300.0L));
        long double sum = 0;
        long double error = 0;
        for (Index c = 0; c < kValueDim; ++c) {
          const auto k = static_cast<std::size_t>(c);
          const auto v = static_cast<long double>(x.v(0, 0, j, c));
          sum += slope(0, 0, i, c) * (v - row.out[k]);
          error +=
              std::abs(slope(0, 0, i, c)) * (std::abs(v - row.out[k]) * spread + row.tolerance[k] +
                                             32 * kUnit<T> * (std::abs(v) + std::abs(row.out[k])));
        }
        return std::pair(p * sum,
                         std::min(p * std::exp(std::min(row.delta, 300.0L)), 1.0L) * error);
      };
      for (Index i = 0; i < kQueries; ++i) {
        for (Index c = 0; c < kDim; ++c) {
          long double expected = 0;
          long double tolerance = 0;
          for (Index j = 0; j < kKeys; ++j) {
            const auto [value, error] = pair(i, j);
            const auto k = static_cast<long double>(x.k(0, 0, j, c));
            const long double step = softmax ? k : k - x.q(0, 0, i, c);
            // Where keys are subtracted from: the origin, or the first of them.
            const long double reach = softmax ? std::abs(k) + std::abs(x.k(0, 0, 0, c))
                                              : std::abs(k - x.k(0, 0, 0, c)) + std::abs(step);
            expected += factor * value * step;
            tolerance += factor * (error * reach + 32 * kUnit<T> * std::abs(value) * reach);
          }
          wrong += right(d.q(0, 0, i, c), expected, tolerance) ? 0 : 1;
        }
      }
      for (Index j = 0; j < kKeys; ++j) {
        for (Index c = 0; c < kDim; ++c) {
          long double expected = 0;
          long double tolerance = 0;
          for (Index i = 0; i < kQueries; ++i) {
            const auto [value, error] = pair(i, j);
            const auto q = static_cast<long double>(x.q(0, 0, i, c));
            const long double step = softmax ? q : q - x.k(0, 0, j, c);
            const long double reach = softmax ? std::abs(q)
                                              : std::abs(q - x.k(0, 0, 0, c)) +
                                                    std::abs(x.k(0, 0, j, c) - x.k(0, 0, 0, c));
            expected += factor * value * step;
            tolerance += factor * (error * reach + 32 * kUnit<T> * std::abs(value) * reach);
          }
          wrong += right(d.k(0, 0, j, c), expected, tolerance) ? 0 : 1;
        }
        for (Index c = 0; c < kValueDim; ++c) {
          long double expected = 0;
          long double tolerance = 0;
          for (Index i = 0; i < kQueries; ++i) {
            const OracleRow& row = rows[static_cast<std::size_t>(i)];
            const long double p = row.weight[static_cast<std::size_t>(j)];
            const long double spread = std::expm1(std::min(2.0L * row.delta, 300.0L));
            expected += p * slope(0, 0, i, c);
            tolerance +=
                std::abs(slope(0, 0, i, c)) * (std::min(p * spread, 1.0L) + 16 * kUnit<T> * p);
          }
          wrong += right(d.v(0, 0, j, c), expected, tolerance) ? 0 : 1;
        }
      }
      CHECK(wrong == 0);
      if (softmax == nullptr) continue;
      long double sum = 0;
      long double size = 0;
      const auto add = [&](const Tensor<T>& a, const Tensor<T>& b) {
        for (std::size_t e = 0; e < a.elements.size(); ++e) {
          const long double term = static_cast<long double>(a.elements[e]) * b.elements[e];
          sum += term;
          size += std::abs(term);
        }
      };
      add(x.q, d.q);
      add(x.k, d.k);
      if (!std::isfinite(size)) continue;  // gradients beyond T
      const double of_scale = softmax_scale_gradient<T>(
          kernel, x.inputs(), std::as_const(d.q).view(), std::as_const(d.k).view());
      CHECK(right<double>(of_scale, sum / (2.0L * factor), 1e-12L * size / factor));
    }
  });
  CHECK(refused == 0);  // products of all these fit double
}

namespace {

/// Attention over the map's own features, in long double, with sum_j |p_j v_j| as a size: of
/// positive maps, so that nothing cancels.
template <class T>
void check_features(const FeatureMap<T>& map, const Qkv<T>& x, const Tensor<T>& out, Mask mask) {
  const auto sees = [&](Index, Index i, Index j) { return mask == Mask::none || j <= i; };
  const Tensor<double> expected = reference_attention(map, x, sees);
  Qkv<T> sizes = x;
  for (T& v : sizes.v.elements) v = std::abs(v);
  const Tensor<double> size = reference_attention(map, sizes, sees);
  int wrong = 0;
  for (std::size_t e = 0; e < out.elements.size(); ++e) {
    const long double tolerance = 200 * kUnit<T> * static_cast<long double>(size.elements[e]);
    wrong += right(out.elements[e], expected.elements[e], tolerance) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("attention by random features is right or refused at any offset and scale",
                   "[range][attention]", float, double) {
  using T = TestType;
  int done = 0;
  for_each_range<T>([&](const Qkv<T>& x, double offset, double scale) {
    const double square = 4.0 * kDim * (offset * offset + 0.5 * scale * scale);
    const FeatureFunction own =
        HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(square, kDim)};
    for (const FeatureFunction& features :
         {own, FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{})}) {
      CAPTURE(to_text(features));
      std::optional<FeatureMap<T>> map;
      if (!answered([&] { map.emplace(map_spec(kDim, 32, features)); })) continue;
      for (const Mask mask : {Mask::none, Mask::causal}) {
        Tensor<T> out = x.output();
        AttentionReport report;
        if (!answered(
                [&] { report = attention<T>(*map, x.inputs(), out.view(), {.mask = mask}); })) {
          continue;
        }
        ++done;
        CHECK(report.nonfinite_rows + report.underflowed_rows + report.empty_rows == 0);
        check_features(*map, x, out, mask);
        Tensor<T> other = x.output();
        Tensor<T> error = x.output();
        attention_with_error<T>(*map, x.inputs(), other.view(), error.view(), {.mask = mask});
        CHECK(same_bits(out, other));
        // NaN where a normaliser vanishes without some block, as documented.
        CHECK(std::none_of(error.elements.begin(), error.elements.end(),
                           [](T e) { return e < T{0} || std::isinf(e); }));
        attention<T>(std::span<const FeatureMap<T>>(&*map, 1), x.inputs(), other.view(),
                     {.mask = mask});
        CHECK(same_bits(out, other));
        Qkv<T> d = x;
        attention_gradient<T>(*map, x.inputs(), std::as_const(out).view(),
                              std::as_const(out).view(), {d.q.view(), d.k.view(), d.v.view()},
                              {.mask = mask});
        Qkv<T> again = x;
        attention_gradient<T>(std::span<const FeatureMap<T>>(&*map, 1), x.inputs(),
                              std::as_const(out).view(), std::as_const(out).view(),
                              {again.q.view(), again.k.view(), again.v.view()}, {.mask = mask});
        for (const auto part : {&Qkv<T>::q, &Qkv<T>::k, &Qkv<T>::v}) {
          for (const T e : (d.*part).elements) CHECK_FALSE(std::isnan(e));
          CHECK(same_bits(d.*part, again.*part));
        }
        const std::vector<AttentionRow> one{{0, 0, 7}};
        Matrix<T> weights(1, kKeys);
        attention_rows<T>(*map, x.q.view(), x.k.view(), one, weights.view(), {.mask = mask});
        Qkv<T> row{Tensor<T>(1, 1, 1, kDim), x.k, x.v};
        std::copy_n(&x.q(0, 0, 7, 0), kDim, row.q.elements.begin());
        Tensor<T> mean = row.output();
        attention<T>(*map, row.inputs(), mean.view(),
                     {.mask = mask, .query_offset = mask == Mask::causal ? 7 : 0});
        for (Index c = 0; c < kValueDim; ++c) {
          long double sum = 0;
          long double size = 0;
          for (Index j = 0; j < kKeys; ++j) {
            const long double term = static_cast<long double>(weights(0, j)) * x.v(0, 0, j, c);
            sum += term;
            size += std::abs(term);
          }
          CHECK(right(out(0, 0, 7, c), sum, 200 * kUnit<T> * size));
          CHECK(right(mean(0, 0, 0, c), sum, 200 * kUnit<T> * size));
        }
      }
      // States: in two parts, merged, saved and loaded.
      Tensor<T> out = x.output();
      const auto keys = [&](Tensor<T> Qkv<T>::*which, Index first, Index count) {
        TensorView<const T, 4> view = std::as_const(x.*which).view();
        view.data += first * view.stride(2);
        view.extents[2] = count;
        return view;
      };
      AttentionState<T> state(*map, 1, 1, kValueDim);
      AttentionState<T> next(*map, 1, 1, kValueDim);
      if (!answered([&] {
            state.append(keys(&Qkv<T>::k, 0, 40), keys(&Qkv<T>::v, 0, 40));
            next.append(keys(&Qkv<T>::k, 40, 30), keys(&Qkv<T>::v, 40, 30));
            state.merge(next);
            AttentionState<T>::load(*map, state.save()).attend(x.q.view(), out.view());
          })) {
        continue;
      }
      check_features(*map, x, out, Mask::none);
    }
  });
  CHECK(done > 20);
}

TEMPLATE_TEST_CASE("the report on attention is right or refused at any offset and scale",
                   "[range][attention]", float, double) {
  using T = TestType;
  int done = 0;
  for_each_range<T>([&](const Qkv<T>& x, double offset, double scale) {
    // Its closed forms are tested over their own range with the estimator.
    // Beyond, the prediction takes minutes: an integral for each pair and degree.
    if (scale > 1.0 || offset > 1e3 || (offset > 0.0 && scale < 1.0)) return;
    const Kernel kernel = SoftmaxKernel{0.5};
    const FeatureMap<T> map(map_spec(kDim, 32, HyperbolicFeatures{}, kernel));
    Tensor<T> out = x.output();
    AttentionComparison quality;
    if (!answered([&] {
          attention<T>(map, x.inputs(), out.view());
          quality = attention_report<T>(map, x.inputs(), kQueries);
        })) {
      return;
    }
    ++done;
    const std::vector<OracleRow> rows = oracle(kernel, x, Mask::none);
    long double error = 0;
    long double norm = 0;
    long double rounding = 0;
    for (Index i = 0; i < kQueries; ++i) {
      for (Index c = 0; c < kValueDim; ++c) {
        const auto& row = rows[static_cast<std::size_t>(i)];
        const auto k = static_cast<std::size_t>(c);
        error += std::pow(out(0, 0, i, c) - row.out[k], 2.0L);
        norm += row.out[k] * row.out[k];
        rounding += row.tolerance[k] * row.tolerance[k];
      }
    }
    const long double expected = std::sqrt(error / norm);
    CHECK(std::abs(quality.output_error - expected) <=
          1e-3L * expected + 2.0L * std::sqrt(rounding / norm));
    CHECK(quality.predicted_error >= 0.0);  // infinite where the closed form leaves its range
    CHECK(std::isfinite(quality.norms.mean));
  });
  CHECK(done == 4);
}
