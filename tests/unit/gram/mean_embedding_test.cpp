// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/mean_embedding.hpp>
#include <bochner/client/gram/two_sample.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
FeatureMap<T> map_of(std::uint64_t seed = 3) {
  FeatureMapSpec spec = gram_spec(3, 16, GaussianKernel{Isotropic{1.2}}, TrigonometricFeatures{});
  spec.seed = {seed};
  return FeatureMap<T>(spec);
}

template <class T>
MeanEmbedding<T> embedding(const Matrix<T>& x) {
  MeanEmbedding<T> out(map_of<T>());
  out.add(x.view());
  return out;
}

std::vector<double> totals(const MeanEmbedding<double>& e) {
  std::vector<double> out = e.mean();
  out.insert(out.end(), {e.weight(), e.effective_rows(), static_cast<double>(e.num_rows())});
  return out;
}

void check_close(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k)
    CHECK(a[k] == Approx(b[k]).epsilon(1e-12).margin(1e-12));
}

}  // namespace

TEMPLATE_TEST_CASE("embeddings are means of features, in any batches", "[embedding]", float,
                   double) {
  using T = TestType;
  const Matrix<T> x = normal_matrix<T>(1500, 3, 71);
  const MeanEmbedding<T> whole = embedding(x);
  MeanEmbedding<T> parts(map_of<T>());
  for (Index first = 0; first < 1500; first += 375) {
    parts.add(x.view().middle_rows(first, 375), {3});
  }
  CHECK(parts.mean() == whole.mean());
  CHECK(whole.num_rows() == 1500);
  CHECK(whole.weight() == 1500.0);
  CHECK(whole.effective_rows() == 1500.0);
  const Matrix<T> phi = features(map_of<T>(), x.view());
  const std::vector<double> mean = whole.mean();
  for (Index j = 0; j < phi.cols(); ++j) {
    double expected = 0.0;
    for (Index i = 0; i < 1500; ++i) expected += static_cast<double>(phi(i, j)) / 1500.0;
    CHECK(mean[static_cast<std::size_t>(j)] == Approx(expected).margin(1e-7));
  }
  // Rows that come after others have faded, one by one or together.
  MeanEmbedding<T> together(map_of<T>());
  together.add(x.view().middle_rows(0, 1));
  together.decay(0.99);
  MeanEmbedding<T> singly = together;
  together.add(x.view().middle_rows(1, 100));
  for (Index i = 1; i <= 100; ++i) singly.add(x.view().middle_rows(i, 1));
  CHECK(singly.weight() == together.weight());
  CHECK(singly.mean() == together.mean());
  // Any strides.
  Matrix<T> wide(1500, 6);
  for (Index i = 0; i < 1500; ++i) {
    for (Index k = 0; k < 3; ++k) wide(i, 2 * k) = x(i, k);
  }
  MeanEmbedding<T> strided(map_of<T>());
  strided.add({wide.data(), 1500, 3, wide.cols(), 2});
  CHECK(strided.mean() == whole.mean());
}

TEST_CASE("sums are merged, subtracted and forgotten", "[embedding]") {
  const Matrix<double> x = normal_matrix<double>(90, 3, 72);
  const Matrix<double> y = normal_matrix<double>(60, 3, 73);
  MeanEmbedding<double> both = embedding(x);
  both.merge(embedding(y));
  MeanEmbedding<double> appended = embedding(x);
  appended.add(y.view());
  check_close(totals(both), totals(appended));
  both.subtract(embedding(x));
  check_close(totals(both), totals(embedding(y)));
  both.subtract(embedding(y));
  CHECK(both.num_rows() == 0);
  CHECK(both.effective_rows() == 0.0);
  // Rows of weight 1/4 and 1.
  MeanEmbedding<double> faded = embedding(x);
  faded.decay(0.5);
  faded.decay(0.5);
  faded.add(y.view());
  CHECK(faded.weight() == 90.0 / 4.0 + 60.0);
  CHECK(faded.effective_rows() == Approx(82.5 * 82.5 / (90.0 / 16.0 + 60.0)));
  const std::vector<double> a = embedding(x).mean();
  const std::vector<double> b = embedding(y).mean();
  std::vector<double> expected;
  for (std::size_t j = 0; j < a.size(); ++j) {
    expected.push_back((22.5 * a[j] + 60.0 * b[j]) / 82.5);
  }
  check_close(faded.mean(), expected);
  MeanEmbedding<double> kept = embedding(x);
  kept.decay(1.0);
  CHECK(kept.mean() == embedding(x).mean());
}

TEST_CASE("the distance is the two-sample statistic, for weights too", "[embedding]") {
  const Matrix<double> x = normal_matrix<double>(40, 3, 74);
  const Matrix<double> y = normal_matrix<double>(25, 3, 75, 1.3);
  const EmbeddingDistance found = embedding(x).distance(embedding(y));
  const KernelTest test =
      two_sample_test<double>(map_of<double>(), x.view(), y.view(), {.permutations = 1});
  CHECK(found.squared == Approx(test.statistic).epsilon(1e-10));
  CHECK(found.distance == Approx(std::sqrt(std::max(test.statistic, 0.0))));
  // tr Sigma is 1 - |mean phi|^2 over n - 1, in place of n, rows.
  double square = 0.0;
  for (const MeanEmbedding<double>& one : {embedding(x), embedding(y)}) {
    double length = 0.0;
    for (const double m : one.mean()) length += m * m;
    square += (1.0 - length) / (one.weight() - 1.0);
  }
  CHECK(found.error == Approx(std::sqrt(square)).epsilon(1e-10));

  // Weighted pairs, by their sum over the matrix.
  MeanEmbedding<double> faded(map_of<double>());
  Matrix<double> weights(40, 1);
  for (Index i = 0; i < 40; ++i) {
    faded.decay(0.9);
    faded.add(x.view().middle_rows(i, 1));
    weights(i, 0) = std::pow(0.9, static_cast<double>(39 - i));
  }
  const Eigen::MatrixXd k = approximate<double>(map_of<double>(), x);
  double pairs = 0.0;
  double within = 0.0;
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 40; ++j) {
      if (i == j) continue;
      pairs += weights(i, 0) * weights(j, 0);
      within += weights(i, 0) * weights(j, 0) * k(i, j);
    }
  }
  const EmbeddingDistance own = faded.distance(faded);
  double length = 0.0;
  for (const double m : faded.mean()) length += m * m;
  CHECK(own.squared == Approx(2.0 * within / pairs - 2.0 * length).epsilon(1e-9));
}

TEST_CASE("the density is the mean of the kernel", "[embedding]") {
  const Matrix<double> x = normal_matrix<double>(80, 3, 76);
  const Matrix<double> at = normal_matrix<double>(7, 3, 77);
  std::vector<double> density(7);
  embedding(x).density(at.view(), density);
  Matrix<double> k(7, 80);
  approximate_gram<double>(map_of<double>(), at, x, k);
  for (Index r = 0; r < 7; ++r) {
    double expected = 0.0;
    for (Index i = 0; i < 80; ++i) expected += k(r, i) / 80.0;
    CHECK(density[static_cast<std::size_t>(r)] == Approx(expected).margin(1e-13));
  }
}

TEST_CASE("embeddings travel with every bit", "[embedding]") {
  MeanEmbedding<double> sent = embedding(normal_matrix<double>(30, 3, 78));
  sent.decay(0.3);
  sent.add(normal_matrix<double>(5, 3, 79).view());
  const Archive archive = sent.save();
  for (const MeanEmbedding<double>& got :
       {MeanEmbedding<double>::load(archive),
        MeanEmbedding<double>::load(map_of<double>(), archive)}) {
    CHECK(totals(got) == totals(sent));
    CHECK(got.distance(sent).error == sent.distance(sent).error);
  }
  const auto refused = [&](const auto& damage, const char* message) {
    Archive damaged = archive;
    damage(damaged);
    CHECK_THROWS_WITH(MeanEmbedding<double>::load(damaged), Contains(message));
  };
  refused([](Archive& a) { a.metadata["kind"] = "other"; }, "holds a 'other'");
  refused([](Archive& a) { a.metadata["num_rows"] = "0"; }, "'totals' are no sums over 0 rows");
  refused([](Archive& a) { std::get<Matrix<double>>(a.arrays["totals"])(0, 1) = -1.0; }, "no sums");
  refused([](Archive& a) { a.arrays["sums"] = Matrix<double>(1, 3); }, "sums");
  CHECK_THROWS_AS(MeanEmbedding<double>::load(map_of<double>(9), archive), InvalidArgument);
  CHECK_THROWS_AS(MeanEmbedding<float>::load(archive), InvalidArgument);
  const MeanEmbedding<double> none(map_of<double>());
  CHECK(MeanEmbedding<double>::load(none.save()).num_rows() == 0);
}

TEST_CASE("what embeddings cannot do is refused by name", "[embedding]") {
  const Matrix<double> x = normal_matrix<double>(10, 3, 80);
  MeanEmbedding<double> some = embedding(x);
  MeanEmbedding<double> none(map_of<double>());
  const MeanEmbedding<double> other(map_of<double>(9));
  const std::vector<double> before = some.mean();
  Matrix<double> bad(2, 3);
  bad(1, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(some.add(std::as_const(bad).view()),
                    Contains("MeanEmbedding::add: x: row 1, column 2 is nan"));
  CHECK_THROWS_WITH(some.add(Matrix<double>(2, 4).view()), Contains("x is 2 x 4"));
  CHECK(some.mean() == before);
  some.add(Matrix<double>(0, 3).view());
  CHECK(some.num_rows() == 10);
  CHECK_THROWS_WITH(none.mean(), Contains("no rows"));
  CHECK_THROWS_WITH(some.distance(none), Contains("a sample has 0 rows"));
  CHECK_THROWS_WITH(some.distance(other), Contains("other has the map"));
  CHECK_THROWS_WITH(some.merge(other), Contains("MeanEmbedding::merge: other has the map"));
  CHECK_THROWS_WITH(none.subtract(some), Contains("expected at most 0"));
  std::vector<double> density(1);
  CHECK_THROWS_WITH(none.density(x.view().middle_rows(0, 1), density), Contains("no rows"));
  CHECK_THROWS_WITH(some.density(x.view(), density), Contains("out has 1 entries"));
  for (const double factor : {0.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_WITH(some.decay(factor), Contains("MeanEmbedding::decay: factor is"));
  }
  CHECK_THROWS_WITH(some.decay(1e-200), Contains("below the range of double"));
  // Rows that weigh less there, or more, than here.
  MeanEmbedding<double> faded = some;
  faded.decay(0.5);
  MeanEmbedding<double> whole = some;
  CHECK_THROWS_WITH(whole.subtract(faded), Contains("decay both alike"));
  MeanEmbedding<double> longer = embedding(normal_matrix<double>(1000, 3, 72));
  longer.decay(0.5);
  CHECK_THROWS_WITH(longer.subtract(embedding(normal_matrix<double>(100, 3, 72))),
                    Contains("weigh more than they do here"));
  // One row that counts, however many there are.
  MeanEmbedding<double> one = embedding(x);
  one.decay(1e-100);
  one.add(x.view().middle_rows(0, 1));
  CHECK_THROWS_WITH(one.distance(some), Contains("expected two or more"));
  FeatureMapSpec asymmetric = map_of<double>().spec();
  asymmetric.kernel = SoftmaxKernel{};
  asymmetric.features = PositiveFeatures{};
  asymmetric.transform.query = {1.0, 0.0, 0.0};
  CHECK_THROWS_WITH(MeanEmbedding<double>(FeatureMap<double>(asymmetric)),
                    Contains("treats queries and keys differently"));
}
