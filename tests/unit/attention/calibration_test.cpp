// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/calibration.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/output_error.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// Adds `offset` to every row of a head.
template <class T>
void shift(Tensor<T>& x, Index head, double offset) {
  for (Index b = 0; b < x.extents[0]; ++b) {
    for (Index i = 0; i < x.extents[2]; ++i) {
      for (Index c = 0; c < x.extents[3]; ++c) x(b, head, i, c) += static_cast<T>(offset);
    }
  }
}

/// Rows of the given heads of one batch entry, stacked.
template <class T>
Matrix<double> rows_of(const Tensor<T>& x, Index batch, Index first, Index count) {
  Matrix<double> out(count * x.extents[2], x.extents[3]);
  for (Index h = 0; h < count; ++h) {
    for (Index i = 0; i < x.extents[2]; ++i) {
      for (Index c = 0; c < x.extents[3]; ++c) {
        out(h * x.extents[2] + i, c) = static_cast<double>(x(batch, first + h, i, c));
      }
    }
  }
  return out;
}

/// The mean of |q - a + sign (k - b)|^2 over pairs of each batch entry, as it is written.
template <class T>
double mean_square(const Qkv<T>& x, Index key_head, const PairTransform& centring, double scale,
                   double sign) {
  const Index share = x.q.extents[1] / x.k.extents[1];
  double sum = 0.0;
  double pairs = 0.0;
  for (Index b = 0; b < x.q.extents[0]; ++b) {
    const Matrix<double> q = rows_of(x.q, b, key_head * share, share);
    const Matrix<double> k = rows_of(x.k, b, key_head, 1);
    for (Index i = 0; i < q.rows(); ++i) {
      for (Index j = 0; j < k.rows(); ++j, ++pairs) {
        for (Index c = 0; c < q.cols(); ++c) {
          const auto at = static_cast<std::size_t>(c);
          const double s = q(i, c) - centring.query[at] + sign * (k(j, c) - centring.key[at]);
          sum += scale * s * s;
        }
      }
    }
  }
  return sum / pairs;
}

}  // namespace

TEMPLATE_TEST_CASE("calibration takes centre and parameter from each head's rows",
                   "[attention][calibration]", float, double) {
  using T = TestType;
  const double unit = std::same_as<T, float> ? 1e-5 : 1e-12;
  const HeadSpecs specs(map_spec(4, 16, HyperbolicOprfFeatures{}, SoftmaxKernel{0.5}));
  Qkv<T> x = normal_qkv<T>({2, 4, 2, 30, 20, 4, 1}, 91, 0.5);
  shift(x.q, 2, 3.0);
  shift(x.q, 3, 3.0);
  shift(x.k, 1, -1.0);
  for (const int threads : {1, 2}) {
    const std::vector<CalibratedHead> heads = calibrate<T>(
        specs, 5, x.q.view(), x.k.view(), {.fit = Calibration::shifts}, Execution{threads});
    REQUIRE(heads.size() == 2);
    for (Index h = 0; h < 2; ++h) {
      const CalibratedHead& head = heads[static_cast<std::size_t>(h)];
      CHECK(head.spec.seed == specs(5, h).seed);
      CHECK(head.spec.kernel == specs.base().kernel);
      CHECK(head.spec.num_frequencies == 16);
      const PairTransform& centring = head.spec.transform;
      for (std::size_t c = 0; c < 4; ++c) {  // of mean query and mean key: their sum vanishes
        double sum = 0.0;
        for (Index b = 0; b < 2; ++b) {
          const Matrix<double> q = rows_of(x.q, b, 2 * h, 2);
          const Matrix<double> k = rows_of(x.k, b, h, 1);
          for (Index i = 0; i < 60; ++i) sum += q(i, static_cast<Index>(c)) / 120.0;
          for (Index i = 0; i < 20; ++i) sum += k(i, static_cast<Index>(c)) / 40.0;
        }
        CHECK(centring.query[c] + centring.key[c] == Approx(sum).margin(unit));
      }
      const double left = mean_square(x, h, centring, 0.5, 1.0);
      CHECK(head.mean_square == Approx(left).epsilon(unit));
      CHECK(std::get<HyperbolicOprfFeatures>(head.spec.features).a ==
            PerDirection(optimal_hyperbolic_oprf_parameter(head.mean_square, 4)));
    }
    // Normal rows of variance 1/4 times a scale of 1/2, two of them in four dimensions.
    CHECK(heads[0].mean_square == Approx(1.0).epsilon(0.3));
    CHECK(heads[1].mean_square == Approx(1.0).epsilon(0.3));
  }
}

TEST_CASE("calibrated maps are the same kernel with less error", "[attention][calibration]") {
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(OprfFeatures{0.0}), FeatureFunction(HyperbolicOprfFeatures{0.0})}) {
    CAPTURE(to_text(features));
    const HeadSpecs specs(map_spec(4, 256, features, SoftmaxKernel{0.5}));
    Qkv<double> x = normal_qkv<double>({1, 2, 2, 24, 24, 4, 3}, 92, 0.6);
    shift(x.q, 0, 0.7);
    shift(x.k, 0, 0.4);
    const std::vector<CalibratedHead> heads =
        calibrate<double>(specs, 0, x.q.view(), x.k.view(), {.fit = Calibration::shifts});
    for (Index h = 0; h < 2; ++h) {
      const auto error = [&](const FeatureMapSpec& spec) {
        const Matrix<double> q = rows_of(x.q, 0, h, 1);
        const Matrix<double> k = rows_of(x.k, 0, h, 1);
        const Matrix<double> v = rows_of(x.v, 0, h, 1);
        return output_error(spec, q.view(), k.view(), v.view()).relative_error;
      };
      const double before = error(specs(0, h));
      const double after = error(heads[static_cast<std::size_t>(h)].spec);
      CHECK(after <= 1.001 * before);
      if (h == 0) CHECK(after < 0.6 * before);  // the one whose means are not zero
    }
    const std::vector<FeatureMap<double>> maps{FeatureMap<double>(heads[0].spec),
                                               FeatureMap<double>(heads[1].spec)};
    Tensor<double> out = x.output();
    Tensor<double> exact = x.output();
    attention<double>(maps, x.inputs(), out.view());
    exact_attention<double>(specs.base().kernel, x.inputs(), exact.view());
    CHECK(largest_difference(out, exact) < 0.3);
  }
}

// Independent columns of deviations s_c (queries) and t_c (keys): the best transform makes both
// sqrt(s_c t_c), so that the mean of |q~ + k~|^2 is 2 sum_c s_c t_c.
TEST_CASE("directions are balanced and have their own parameters", "[attention][calibration]") {
  FeatureMapSpec base = map_spec(4, 64, HyperbolicOprfFeatures{}, SoftmaxKernel{0.5});
  base.projection = IidProjection{};
  const HeadSpecs specs(base);
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 400, 400, 4, 2}, 96);
  const double queries[] = {2.0, 0.5, 0.25, 0.1};
  const double keys[] = {0.5, 1.0, 1.0, 2.0};
  double expected = 0.0;
  for (Index c = 0; c < 4; ++c) {
    for (Index i = 0; i < 400; ++i) {
      x.q(0, 0, i, c) = 0.3 + queries[c] * x.q(0, 0, i, c);
      x.k(0, 0, i, c) = keys[c] * x.k(0, 0, i, c) - 1.0;
    }
    expected += 0.5 * 2.0 * queries[c] * keys[c];
  }
  const auto fitted = [&](Calibration fit) {
    return calibrate<double>(specs, 0, x.q.view(), x.k.view(), {.fit = fit}).front();
  };
  const CalibratedHead shifts = fitted(Calibration::shifts);
  const CalibratedHead directions = fitted(Calibration::directions);
  CHECK(directions.mean_square == Approx(expected).epsilon(0.1));
  CHECK(shifts.mean_square > 1.5 * directions.mean_square);
  const auto& a = std::get<HyperbolicOprfFeatures>(directions.spec.features).a;
  CHECK(std::get<std::vector<double>>(a).size() == 4);
  const auto error = [&](const FeatureMapSpec& spec) {
    const Matrix<double> q = rows_of(x.q, 0, 0, 1);
    const Matrix<double> k = rows_of(x.k, 0, 0, 1);
    const Matrix<double> v = rows_of(x.v, 0, 0, 1);
    return output_error(spec, q.view(), k.view(), v.view()).relative_error;
  };
  CHECK(error(directions.spec) < error(shifts.spec));
  CHECK(error(shifts.spec) < error(specs(0, 0)));

  FeatureMapSpec gaussian = base;
  gaussian.kernel = GaussianKernel{};
  const CalibratedHead other =
      calibrate<double>(HeadSpecs(gaussian), 0, x.q.view(), x.k.view()).front();
  CHECK(other.spec.transform.matrix.empty());
  CHECK(other.spec == calibrate<double>(HeadSpecs(gaussian), 0, x.q.view(), x.k.view(),
                                        {.fit = Calibration::shifts})
                          .front()
                          .spec);
}

TEST_CASE("maps of differences are calibrated by differences", "[attention][calibration]") {
  const Qkv<double> x = normal_qkv<double>({2, 1, 1, 30, 20, 4, 1}, 93, 0.5);
  const HeadSpecs softmax(map_spec(4, 16, TrigonometricFeatures{}, SoftmaxKernel{2.0}));
  const CalibratedHead head =
      calibrate<double>(softmax, 0, x.q.view(), x.k.view(), {.fit = Calibration::shifts}).front();
  CHECK(head.mean_square == Approx(mean_square(x, 0, head.spec.transform, 2.0, -1.0)));
  CHECK(head.spec.features == softmax.base().features);
  const HeadSpecs gaussian(map_spec(4, 16, TrigonometricFeatures{}, GaussianKernel{}));
  const CalibratedHead other = calibrate<double>(gaussian, 0, x.q.view(), x.k.view()).front();
  CHECK(other.spec.transform.query == other.spec.transform.key);
  CHECK(other.mean_square == Approx(mean_square(x, 0, other.spec.transform, 1.0, -1.0)));
}

TEST_CASE("rows that do not count are not read", "[attention][calibration]") {
  const HeadSpecs specs(map_spec(4, 16, HyperbolicOprfFeatures{}, SoftmaxKernel{0.5}));
  Qkv<float> x = normal_qkv<float>({2, 2, 1, 30, 20, 4, 1}, 94);
  Qkv<float> few = normal_qkv<float>({2, 2, 1, 30, 20, 4, 1}, 94);
  std::vector<char> queries(2 * 30, 1);
  std::vector<char> keys(2 * 20, 1);
  const auto live = [](const std::vector<char>& flags, Index columns) {
    return MatrixView<const bool>(reinterpret_cast<const bool*>(flags.data()), 2, columns);
  };
  const auto cut = [](const Tensor<float>& from, Index first, Index count) {
    TensorView<const float, 4> view = from.view();
    view.data += first * view.stride(2);
    view.extents[2] = count;
    return view;
  };
  for (Index b = 0; b < 2; ++b) {
    for (Index i = 0; i < 7; ++i) {
      queries[static_cast<std::size_t>(30 * b + i)] = 0;
      x.q(b, 0, i, 0) = std::numeric_limits<float>::quiet_NaN();
    }
    for (Index j = 15; j < 20; ++j) {
      keys[static_cast<std::size_t>(20 * b + j)] = 0;
      x.k(b, 0, j, 0) = std::numeric_limits<float>::infinity();
    }
  }
  const CalibratedHead masked =
      calibrate<float>(specs, 0, x.q.view(), x.k.view(),
                       {.query_mask = live(queries, 30), .key_mask = live(keys, 20)})
          .front();
  const CalibratedHead expected =
      calibrate<float>(specs, 0, cut(few.q, 7, 23), cut(few.k, 0, 15)).front();
  CHECK(masked.spec == expected.spec);
  CHECK(masked.mean_square == expected.mean_square);
  CHECK_THROWS_WITH(calibrate<float>(specs, 0, x.q.view(), x.k.view()),
                    Contains("calibrate: queries: batch 0, head 0, row 0 is not finite"));
  CHECK_THROWS_WITH(
      calibrate<float>(specs, 0, few.q.view(), few.k.view(), {.query_mask = live(queries, 20)}),
      Contains("calibrate: query_mask is 2 x 20, expected 2 x 30"));
  CHECK_THROWS_WITH(
      calibrate<float>(specs, 0, few.q.view(), few.k.view(), {.key_mask = live(queries, 30)}),
      Contains("calibrate: key_mask is 2 x 30, expected 2 x 20"));
  std::fill(keys.begin(), keys.begin() + 20, char{0});
  std::fill(queries.begin() + 30, queries.end(), char{0});
  CHECK_THROWS_WITH(calibrate<float>(specs, 0, few.q.view(), few.k.view(),
                                     {.query_mask = live(queries, 30), .key_mask = live(keys, 20)}),
                    Contains("key head 0 has no batch entry with a query and a key"));
}

TEST_CASE("what calibration makes no sense for is refused by name", "[attention][calibration]") {
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 5, 5, 4, 1}, 95);
  const auto refused = [&](const FeatureFunction& features, const Kernel& kernel, Index layer,
                           Index dim, const char* text) {
    CHECK_THROWS_WITH(calibrate<double>(HeadSpecs(map_spec(dim, 16, features, kernel)), layer,
                                        x.q.view(), x.k.view()),
                      Contains(text));
  };
  refused(RectifiedFeatures{}, ArcCosineKernel::relu_attention(), 0, 4,
          "expected softmax or gaussian");
  refused(TrigonometricFeatures{}, MaternKernel{}, 0, 4, "calibrate: the kernel is matern");
  refused(PositiveFeatures{}, SoftmaxKernel{}, -1, 4, "calibrate: layer is -1");
  refused(PositiveFeatures{}, SoftmaxKernel{}, 0, 3, "expected 3 (the map's input_dim)");
}
