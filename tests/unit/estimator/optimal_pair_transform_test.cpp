// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_pair_transform.hpp"

#include "bochner/estimator/check.hpp"
#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/variance.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace bochner;

namespace {

using Vector = std::vector<double>;

/// Rows of normals mixed by a matrix that item determines, off the origin.
Matrix<double> some_rows(Index n, Index d, std::uint64_t item) {
  Matrix<double> mixing(d, d), normal(n, d), x(n, d);
  const Stream stream({5}, Purpose::study, item);
  stream.normals(0, {mixing.data(), static_cast<std::size_t>(mixing.size())});
  stream.normals(1000, {normal.data(), static_cast<std::size_t>(normal.size())});
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < d; ++k) {
      x(i, k) = static_cast<double>(item) - 0.5 * static_cast<double>(k);
      for (Index l = 0; l < d; ++l) x(i, k) += 0.5 * normal(i, l) * mixing(l, k);
    }
  }
  return x;
}

FeatureMapSpec spec_of(Index dim, PairTransform transform) {
  return {.input_dim = dim,
          .num_frequencies = 3,
          .kernel = SoftmaxKernel{0.7},
          .projection = IidProjection{},
          .features = PositiveFeatures{},
          .seed = {1},
          .transform = std::move(transform)};
}

double total(const Vector& x) { return std::accumulate(x.begin(), x.end(), 0.0); }

/// Rows as a transform sees them, without the library.
struct Placed {
  Matrix<double> query, key;
};

Placed placed(const PairTransform& transform, const Matrix<double>& x, const Matrix<double>& y) {
  const Index d = x.cols();
  Placed out{Matrix<double>(x.rows(), d), Matrix<double>(y.rows(), d)};
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = 0; k < d; ++k) {
      double sum = 0.0;
      for (Index l = 0; l < d; ++l) {
        const double m = transform.matrix.empty()
                             ? (k == l ? 1.0 : 0.0)
                             : transform.matrix[static_cast<std::size_t>(k * d + l)];
        sum += m * (x(i, l) - transform.query[static_cast<std::size_t>(l)]);
      }
      out.query(i, k) = sum;
    }
  }
  // Keys solve M^T y' = y - key, by elimination.
  for (Index j = 0; j < y.rows(); ++j) {
    std::vector<Vector> rows(static_cast<std::size_t>(d));
    for (Index k = 0; k < d; ++k) {
      Vector& row = rows[static_cast<std::size_t>(k)];
      for (Index l = 0; l < d; ++l) {
        row.push_back(transform.matrix.empty()
                          ? (k == l ? 1.0 : 0.0)
                          : transform.matrix[static_cast<std::size_t>(l * d + k)]);
      }
      row.push_back(y(j, k) - transform.key[static_cast<std::size_t>(k)]);
    }
    for (std::size_t k = 0; k < rows.size(); ++k) {
      std::size_t pivot = k;
      for (std::size_t i = k; i < rows.size(); ++i) {
        if (std::abs(rows[i][k]) > std::abs(rows[pivot][k])) pivot = i;
      }
      std::swap(rows[k], rows[pivot]);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i == k) continue;
        const double factor = rows[i][k] / rows[k][k];
        for (std::size_t l = k; l < rows[i].size(); ++l) rows[i][l] -= factor * rows[k][l];
      }
    }
    for (Index k = 0; k < d; ++k) {
      const Vector& row = rows[static_cast<std::size_t>(k)];
      out.key(j, k) = row.back() / row[static_cast<std::size_t>(k)];
    }
  }
  return out;
}

Matrix<double> second_moment(const Matrix<double>& x) {
  Matrix<double> out(x.cols(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = 0; k < x.cols(); ++k) {
      for (Index l = 0; l < x.cols(); ++l) {
        out(k, l) += x(i, k) * x(i, l) / static_cast<double>(x.rows());
      }
    }
  }
  return out;
}

double trace(const Matrix<double>& a) {
  double sum = 0.0;
  for (Index k = 0; k < a.rows(); ++k) sum += a(k, k);
  return sum;
}

}  // namespace

TEST_CASE("the optimal pair transform balances, turns and centres", "[pair]") {
  for (const Index d : {1, 2, 6}) {
    const Matrix<double> x = some_rows(80, d, 1), y = some_rows(50, d, 2);
    const PairTransform transform = optimal_pair_transform(x.view(), y.view());
    const Placed at = placed(transform, x, y);
    const Matrix<double> query = second_moment(at.query), key = second_moment(at.key);
    const double size = trace(query) / static_cast<double>(d);
    for (Index k = 0; k < d; ++k) {
      double mean = 0.0;
      for (Index i = 0; i < 80; ++i) mean += at.query(i, k) / 80.0;
      CHECK(std::abs(mean) < 1e-12);
      // Both are one diagonal, up to the ridge.
      for (Index l = 0; l < d; ++l) {
        CHECK(query(k, l) == Approx(key(k, l)).margin(1e-3 * size));
        if (k != l) CHECK(std::abs(query(k, l)) < 1e-3 * size);
      }
      if (k > 0) CHECK(query(k, k) > query(k - 1, k - 1));
    }
    // No other M has a smaller mean of |x'|^2 + |y'|^2.
    const double best = trace(query) + trace(key);
    for (int change = 0; change < 20; ++change) {
      PairTransform other = transform;
      const Stream stream({7}, Purpose::study, static_cast<std::uint64_t>(change));
      for (std::size_t e = 0; e < other.matrix.size(); ++e) {
        other.matrix[e] *= 1.0 + 0.05 * stream.normal(e);
      }
      const Placed there = placed(other, x, y);
      CHECK(trace(second_moment(there.query)) + trace(second_moment(there.key)) >=
            best * (1.0 - 1e-4));
    }
    // The library's own mean squares, per direction and in all.
    const FeatureMapSpec spec = spec_of(d, transform);
    const Vector squares = mean_square_sums(spec, x.view(), y.view());
    CHECK(total(squares) == Approx(0.7 * best).epsilon(1e-9));
    for (Index k = 0; k < d; ++k) {
      CHECK(squares[static_cast<std::size_t>(k)] ==
            Approx(0.7 * (query(k, k) + key(k, k))).epsilon(1e-9));
    }
  }
}

TEST_CASE("in two dimensions the balance is a closed form", "[pair]") {
  // Rows on the axes: C_q = diag(a^2, b^2) / 2, C_k = diag(c^2, e^2) / 2, M = diag of roots of c /
  // a and e / b, the smaller product first.
  Matrix<double> x(4, 2), y(4, 2);
  x(0, 0) = 2.0, x(1, 0) = -2.0, x(2, 1) = 0.5, x(3, 1) = -0.5;
  y(0, 0) = 3.0, y(1, 0) = -3.0, y(2, 1) = 1.0, y(3, 1) = -1.0;
  const PairTransform transform = optimal_pair_transform(x.view(), y.view());
  CHECK(transform.query == Vector{0.0, 0.0});
  CHECK(std::abs(transform.matrix[1]) == Approx(std::sqrt(1.0 / 0.5)).epsilon(1e-4));
  CHECK(std::abs(transform.matrix[2]) == Approx(std::sqrt(3.0 / 2.0)).epsilon(1e-4));
  CHECK(std::abs(transform.matrix[0]) < 1e-6);
  CHECK(std::abs(transform.matrix[3]) < 1e-6);
}

TEST_CASE("data that span little still give a transform that is exact", "[pair]") {
  const Index d = 5;
  Matrix<double> line(40, d);  // covariance of rank 1
  for (Index i = 0; i < 40; ++i) {
    for (Index k = 0; k < d; ++k) line(i, k) = 0.01 * static_cast<double>((i - 20) * (k + 1));
  }
  const Matrix<double> few = some_rows(3, d, 4), many = some_rows(60, d, 3);
  const auto check = [&](const Matrix<double>& x, const Matrix<double>& y) {
    const FeatureMapSpec spec = spec_of(d, optimal_pair_transform(x.view(), y.view()));
    REQUIRE_FALSE(spec.transform.matrix.empty());
    validate(spec);
    // A pair off the data's own span has its kernel value: two large factors cancel.
    const Vector u(many.row(0), many.row(0) + d), v(many.row(1), many.row(1) + d);
    const FeatureMapSpec plain = spec_of(d, {});
    CHECK(kernel_moments(spec, u, v).exact == Approx(kernel_moments(plain, u, v).exact));
    CHECK(kernel_moments(spec, u, v).mean ==
          Approx(kernel_moments(plain, u, v).exact).epsilon(1e-9));
  };
  check(line, line);
  check(line, many);
  check(few, many);
  check(few, few);
  // One key, or equal ones, have no spread: shifts alone.
  const auto one = many.view().middle_rows(0, 1);
  for (const auto& transform :
       {optimal_pair_transform(many.view(), one), optimal_pair_transform(one, many.view())}) {
    CHECK(transform.matrix.empty());
    CHECK(transform.query.size() == 5);
    CHECK(transform.key.size() == 5);
  }
}

TEST_CASE("rows of any size, and float", "[pair]") {
  const Matrix<double> x = some_rows(30, 3, 1), y = some_rows(30, 3, 2);
  const PairTransform plain = optimal_pair_transform(x.view(), y.view());
  for (const double size : {1e-150, 1e-20, 1e20, 1e150}) {
    Matrix<double> scaled(30, 3);
    for (Index e = 0; e < x.size(); ++e) scaled.data()[e] = size * x.data()[e];
    const PairTransform transform = optimal_pair_transform(scaled.view(), y.view());
    for (std::size_t e = 0; e < 9; ++e) {
      CHECK(std::abs(transform.matrix[e]) ==
            Approx(std::abs(plain.matrix[e]) / std::sqrt(size)).epsilon(1e-6));
    }
  }
  Matrix<float> xf(30, 3), yf(30, 3);
  for (Index e = 0; e < x.size(); ++e) {
    xf.data()[e] = static_cast<float>(x.data()[e]);
    yf.data()[e] = static_cast<float>(y.data()[e]);
  }
  const PairTransform single = optimal_pair_transform(xf.view(), yf.view());
  for (std::size_t e = 0; e < 9; ++e) {
    CHECK(std::abs(single.matrix[e]) == Approx(std::abs(plain.matrix[e])).margin(1e-4));
  }
}

TEST_CASE("an optimal pair transform of what is no data is refused", "[pair]") {
  const Matrix<double> x = some_rows(5, 3, 1);
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(optimal_pair_transform(x.view(), Matrix<double>(0, 3).view()),
                    Contains("optimal_pair_transform: queries is 5 x 3 and keys 0 x 3"));
  CHECK_THROWS_WITH(optimal_pair_transform(x.view(), some_rows(5, 2, 1).view()),
                    Contains("equal columns"));
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Matrix<double> y = some_rows(5, 3, 2);
    y(3, 1) = bad;
    CHECK_THROWS_WITH(optimal_pair_transform(x.view(), y.view()),
                      Contains("keys: row 3, column 1"));
  }
}

TEST_CASE("a transformed map has the closed-form variance of x' + y'", "[pair][variance]") {
  const Index d = 3;
  const Matrix<double> x = some_rows(40, d, 1), y = some_rows(40, d, 2);
  const PairTransform transform = optimal_pair_transform(x.view(), y.view());
  const Placed at = placed(transform, x, y);
  for (Index i = 0; i < 4; ++i) {
    double z2 = 0.0, product = 0.0;
    for (Index k = 0; k < d; ++k) {
      z2 += 0.7 * std::pow(at.query(i, k) + at.key(i, k), 2);
      product += 0.7 * x(i, k) * y(i, k);
    }
    const KernelMoments moments = kernel_moments(
        spec_of(d, transform), Vector(x.row(i), x.row(i) + d), Vector(y.row(i), y.row(i) + d));
    CHECK(moments.log_exact == Approx(product).epsilon(1e-12));
    CHECK(moments.log_variance ==
          Approx(2.0 * product + std::log(std::expm1(z2) / 3.0)).epsilon(1e-9));
  }
}

TEST_CASE("estimates of a transformed map are unbiased, and those of a wrong one are not",
          "[pair][statistical]") {
  const Vector x{0.6, -0.2, 0.3}, y{0.9, 0.4, 0.6};
  const PairTransform transform{.query = {0.2, -0.1, 0.0},
                                .key = {0.1, 0.3, -0.2},
                                .matrix = {1.3, 0.2, 0.0, -0.1, 0.8, 0.3, 0.1, 0.0, 1.1}};
  const Vector directions{-0.2, 0.03, -0.05};
  const CheckOptions options{.replicates = 2000, .seed = {2}, .false_alarm = 5.7e-7};  // 5 sigma
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{}),
        FeatureFunction(TrigonometricFeatures{}), FeatureFunction(OprfFeatures{directions}),
        FeatureFunction(HyperbolicOprfFeatures{directions})}) {
    for (const Projection& projection :
         {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
      FeatureMapSpec spec = spec_of(3, transform);
      spec.num_frequencies = 24;
      spec.features = features;
      spec.projection = projection;
      CAPTURE(to_text(spec));
      const KernelMoments moments = kernel_moments(spec, x, y);
      CHECK(check_unbiased(spec, x, y, options).passed());
      FeatureMapSpec plain = spec;
      plain.transform = {};
      const double exact = kernel_moments(plain, x, y).exact;
      CHECK(moments.exact == Approx(exact));
      // Keys that see another matrix than queries.
      FeatureMapSpec stretched = spec;
      for (double& entry : stretched.transform.matrix) entry *= 1.5;
      const SeededEstimate wrong = [&](Seed seed) {
        FeatureMapSpec query = spec, key = stretched;
        query.seed = key.seed = seed;
        Matrix<double> u(1, 3), v(1, 3);
        std::copy(x.begin(), x.end(), u.data());
        std::copy(y.begin(), y.end(), v.data());
        const Matrix<double> phi = bochner::features(FeatureMap<double>(query), u.view());
        const Matrix<double> psi = bochner::features(FeatureMap<double>(key), v.view(), Side::key);
        return std::inner_product(phi.data(), phi.data() + phi.cols(), psi.data(), 0.0);
      };
      CHECK_FALSE(check_unbiased(wrong, exact, moments.variance, options).passed());
    }
  }
}
