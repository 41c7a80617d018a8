// SPDX-License-Identifier: Apache-2.0

// Programs of one line, as a user writes them: no scalar is spelled where an argument fixes it.

#include <bochner/bochner.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

using namespace bochner;

namespace {

template <Scalar T>
Matrix<T> rows(Index n, Index d, std::uint64_t item) {
  Matrix<double> normal(n, d);
  Stream(Seed{7}, Purpose::study, item)
      .normals(0, {normal.data(), static_cast<std::size_t>(normal.size())});
  Matrix<T> out(n, d);
  for (Index i = 0; i < out.size(); ++i) out.data()[i] = static_cast<T>(normal.data()[i]);
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("calls of one line compile and agree", "[call_sites]", float, double) {
  using T = TestType;
  const Matrix<T> x = rows<T>(30, 3, 1);
  const Matrix<T> y = rows<T>(30, 3, 2);
  const double lengthscale = median_lengthscale(x);
  CHECK(lengthscale > 0.5);
  const FeatureMapSpec spec{.input_dim = 3,
                            .num_frequencies = 400,
                            .kernel = GaussianKernel{Isotropic{lengthscale}},
                            .seed = {3}};
  const FeatureMap<T> map(spec);

  const Matrix<T> phi = features(map, x);
  Matrix<T> apart(30, map.num_features());
  std::vector<std::int32_t> exponent(30);
  map.apply(Side::query, x, {apart, exponent});
  CHECK(phi(4, 5) == std::ldexp(apart(4, 5), exponent[4]));

  const Matrix<double> k = exact_gram(spec.kernel, x);
  CHECK(k(2, 2) == 1.0);
  GramApproximation gram(map, x);
  CHECK(gram.entry(1, 2) == Approx(k(1, 2)).margin(0.3));
  std::vector<double> b(30, 1.0), product(30);
  gram.multiply(b, product);
  const double predicted = gram_error(spec, x).relative_error;
  CHECK(gram_distance(map, x, x).relative() == Approx(predicted).epsilon(0.7));
  CHECK(gram_error(spec, x, y).relative_error > 0.0);
  CHECK(gram_error_curve(spec, x).at(400).relative_error == predicted);
  CHECK(two_sample_test(map, x, y).p_value > 0.0);
  CHECK(KernelPrincipalComponents(map, x, 2).num_components() == 2);

  const std::vector<T> v{0.1f, 0.2f, 0.3f}, w{0.3f, 0.2f, 0.1f};
  CHECK(estimate(map, v, w).value == Approx(1.0).margin(0.3));
  CHECK(estimate(map, x, y).size() == 30);
  CHECK(frequencies_needed(spec, x, y, {.error = 0.05}, Basis::asymptotic).num_frequencies > 0);
  CHECK(error_expected(spec, x, y).root_mean_square > 0.0);
  CHECK_FALSE(recommend(spec.kernel, x, y, {.num_features = 256}).reason.empty());
  CHECK(optimal_centring(SoftmaxKernel{}, PositiveFeatures{}, x, y).query.size() == 3);

  Matrix<T> t(30, 1);
  for (Index i = 0; i < 30; ++i) t(i, 0) = std::sin(x(i, 0));
  const auto fitted = fit_ridge(map, {x, t}, {.model = {.ridge = 1e-3}});
  Matrix<T> out(30, 1);
  fitted.model.predict(x, out);
  CHECK(out(3, 0) == Approx(t(3, 0)).margin(0.3));
  SearchOptions few;
  few.max_candidates = 4;
  CHECK(search_hyperparameters(spec, {x, t}, few).ridge > 0.0);
  const std::vector<double> ridges = {1e-4, 1e-2};
  CHECK(cross_validate(map, {x, t}, ridges, row_folds(30, 3, Seed{})).best() < 2);
  std::vector<Index> labels(30);
  for (std::size_t i = 0; i < 30; ++i) labels[i] = x(static_cast<Index>(i), 0) > 0 ? 1 : 0;
  const LogisticRegression model(map, {x, labels}, 2);
  CHECK(model.predict(x).size() == 30);

  std::ostringstream text;
  text << spec << '\n' << spec.kernel << ' ' << spec.projection << ' ' << spec.features;
  CHECK(text.str().find(to_text(spec) + "\ngaussian(") == 0);
}

TEST_CASE("kernel moments of a pair are one line", "[call_sites]") {
  const FeatureMapSpec spec{.input_dim = 2, .num_frequencies = 8};
  const std::vector<double> v{0.1, 0.2}, w{0.2, 0.1};
  CHECK(kernel_moments(spec, v, w).variance > 0.0);
}

TEST_CASE("features that leave the scalar's range are refused, not infinite", "[call_sites]") {
  const FeatureMapSpec spec{.input_dim = 1,
                            .num_frequencies = 4,
                            .kernel = SoftmaxKernel{},
                            .features = TrigonometricFeatures{},
                            .seed = {1}};
  const FeatureMap<float> map(spec);
  Matrix<float> x(2, 1);  // row 1 has the amplitude e^(200^2 / 2)
  x(1, 0) = 200.0f;
  CHECK_THROWS_WITH(features(map, x), Catch::Contains("row 1 leave the range"));
  CHECK(features(map, x.view().middle_rows(0, 1)).rows() == 1);
}
