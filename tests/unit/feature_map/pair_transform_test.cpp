// SPDX-License-Identifier: Apache-2.0
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

// Maps with a pair transform and with one parameter per direction, against their formulas in double
// from `frequencies()`.

using namespace bochner;

namespace {

constexpr Index kDim = 4;
constexpr Index kFrequencies = 6;
constexpr Index kRows = 70;  // more than one block
constexpr double kScale = 0.4;

using Vector = std::vector<double>;

const Vector kShiftQuery{0.3, -0.2, 0.1, 0.5};
const Vector kShiftKey{-0.1, 0.4, 0.2, -0.3};
const Vector kMatrix{1.2, 0.3,  -0.1, 0.2, 0.0, 0.8, 0.4, -0.3,
                     0.1, -0.2, 1.5,  0.1, 0.3, 0.0, 0.2, 0.9};
const Vector kDirections{-0.3, -0.05, 0.04, -0.7};

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

Vector minus(const Vector& a, const Vector& b) {
  Vector out(a);
  for (std::size_t k = 0; k < b.size(); ++k) out[k] -= b[k];
  return out;
}

/// M x
Vector image(const Vector& matrix, const Vector& x) {
  Vector out(x.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) out[i] += matrix[i * x.size() + k] * x[k];
  }
  return out;
}

/// M^-T by Cramer's rule: cofactors over the determinant.
Vector inverse_transpose(const Vector& m) {
  const auto minor = [&](std::size_t row, std::size_t col) {
    double e[3][3];
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) e[i][j] = m[(i + (i >= row)) * 4 + j + (j >= col)];
    }
    return e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) -
           e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0]) +
           e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0]);
  };
  Vector out(16);
  double determinant = 0.0;
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      out[i * 4 + j] = ((i + j) % 2 == 0 ? 1.0 : -1.0) * minor(i, j);
      if (i == 0) determinant += m[j] * out[j];
    }
  }
  for (double& entry : out) entry /= determinant;
  return out;
}

template <Scalar T>
Matrix<T> some_rows(std::uint64_t item) {
  Matrix<T> x(kRows, kDim);
  const Stream stream(Seed{3}, Purpose::study, item);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<T>(static_cast<float>(stream.normal(static_cast<std::uint64_t>(i))));
  }
  return x;
}

FeatureMapSpec spec_of(const FeatureFunction& features, PairTransform transform) {
  return {.input_dim = kDim,
          .num_frequencies = kFrequencies,
          .kernel = SoftmaxKernel{kScale},
          .projection = OrthogonalProjection{},
          .features = features,
          .seed = {8},
          .transform = std::move(transform)};
}

/// log of feature j of row x, by the formula; `a` has one parameter per direction.
double log_feature(const FeatureMapSpec& spec, const Matrix<double>& standard, Side side,
                   const Vector& x, const Vector& a, Index j, double signs) {
  const Vector& own = side == Side::query ? spec.transform.query : spec.transform.key;
  const Vector& other = side == Side::query ? spec.transform.key : spec.transform.query;
  const Vector& m = spec.transform.matrix;
  const Vector centred = minus(x, own);
  Vector placed =
      m.empty() ? centred : image(side == Side::query ? m : inverse_transpose(m), centred);
  for (double& entry : placed) entry *= std::sqrt(kScale);
  double out = -0.5 * dot(placed, placed) - 0.5 * std::log(signs * kFrequencies);
  if (!other.empty()) out += kScale * dot(side == Side::query ? centred : x, other);
  const double sign = j < kFrequencies ? 1.0 : -1.0;
  for (std::size_t l = 0; l < placed.size(); ++l) {
    const double w = standard(j % kFrequencies, static_cast<Index>(l));
    out += a[l] * w * w + sign * std::sqrt(1.0 - 4.0 * a[l]) * w * placed[l] +
           0.25 * std::log(1.0 - 4.0 * a[l]);
  }
  return out;
}

template <Scalar T>
void check_formula(const FeatureMapSpec& spec, const Vector& a, double tolerance) {
  CAPTURE(to_text(spec));
  FeatureMapSpec plain = spec;
  plain.transform = {};
  plain.kernel = SoftmaxKernel{1.0};
  const Matrix<double> standard = FeatureMap<double>(plain).frequencies();
  const FeatureMap<T> map(spec);
  for (const Side side : {Side::query, Side::key}) {
    const Matrix<T> x = some_rows<T>(side == Side::query ? 0 : 1);
    Matrix<T> phi(kRows, map.num_features());
    std::vector<std::int32_t> exponent(kRows);
    map.apply(side, x.view(), {phi.view(), exponent});
    const auto signs = static_cast<double>(phi.cols() / kFrequencies);
    double worst = 0.0;
    for (Index i = 0; i < kRows; ++i) {
      const Vector row(x.row(i), x.row(i) + kDim);
      for (Index j = 0; j < phi.cols(); ++j) {
        const double found = std::log(static_cast<double>(phi(i, j))) +
                             exponent[static_cast<std::size_t>(i)] * std::log(2.0);
        worst =
            std::max(worst, std::abs(found - log_feature(spec, standard, side, row, a, j, signs)));
      }
    }
    CHECK(worst <= tolerance);
  }
}

const Vector kNone(kDim, 0.0);

}  // namespace

TEST_CASE("features of a pair transform follow their formula", "[pair]") {
  const std::vector<PairTransform> transforms{
      {.query = kShiftQuery, .key = kShiftKey, .matrix = kMatrix},
      {.query = kShiftQuery, .matrix = kMatrix},
      {.key = kShiftKey},
      {.matrix = kMatrix}};
  for (const PairTransform& transform : transforms) {
    for (const FeatureFunction& features :
         {FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicFeatures{})}) {
      check_formula<double>(spec_of(features, transform), kNone, 1e-13);
      check_formula<float>(spec_of(features, transform), kNone, 2e-5);
    }
    check_formula<double>(spec_of(OprfFeatures{-0.2}, transform), Vector(kDim, -0.2), 1e-13);
  }
}

TEST_CASE("features with one parameter per direction follow their formula", "[pair]") {
  for (const PairTransform& transform :
       {PairTransform{},
        PairTransform{.query = kShiftQuery, .key = kShiftKey, .matrix = kMatrix}}) {
    for (const FeatureFunction& features : {FeatureFunction(OprfFeatures{kDirections}),
                                            FeatureFunction(HyperbolicOprfFeatures{kDirections})}) {
      FeatureMapSpec spec = spec_of(features, transform);
      check_formula<double>(spec, kDirections, 1e-13);
      check_formula<float>(spec, kDirections, 5e-5);
      spec.projection = HadamardProjection{};
      check_formula<double>(spec, kDirections, 1e-13);
      spec.projection = IidProjection{};
      check_formula<double>(spec, kDirections, 1e-13);
    }
  }
}

TEST_CASE("frequencies of either side act on raw inputs", "[pair]") {
  const FeatureMapSpec spec = spec_of(HyperbolicOprfFeatures{kDirections}, {.matrix = kMatrix});
  const FeatureMap<double> map(spec);
  FeatureMapSpec plain = spec;
  plain.transform = {};
  const Matrix<double> w = FeatureMap<double>(plain).frequencies();
  const Matrix<double> query = map.frequencies();
  const Matrix<double> key = map.frequencies(Side::key);
  const Vector x{0.3, 0.1, -0.7, 1.1};
  const Vector at_query = image(kMatrix, x);
  const Vector at_key = image(inverse_transpose(kMatrix), x);
  for (Index j = 0; j < kFrequencies; ++j) {
    const Vector row(w.row(j), w.row(j) + kDim);
    CHECK(dot({query.row(j), query.row(j) + kDim}, x) == Approx(dot(row, at_query)));
    CHECK(dot({key.row(j), key.row(j) + kDim}, x) == Approx(dot(row, at_key)));
  }
}

TEST_CASE("trigonometric features see x' - y'", "[pair]") {
  // The two sides are bound by the kernel alone: cos(w.x' - w.y') and both amplitudes.
  const FeatureMapSpec spec =
      spec_of(TrigonometricFeatures{}, {.query = kShiftQuery, .key = kShiftKey, .matrix = kMatrix});
  const FeatureMap<double> map(spec);
  const Matrix<double> x = some_rows<double>(0);
  const Matrix<double> y = some_rows<double>(1);
  const Matrix<double> phi = features<double>(map, x, Side::query);
  const Matrix<double> psi = features<double>(map, y, Side::key);
  FeatureMapSpec plain = spec;
  plain.transform = {};
  const FeatureMap<double> other(plain);
  Matrix<double> u(kRows, kDim), v(kRows, kDim);
  for (Index i = 0; i < kRows; ++i) {
    const Vector a = image(kMatrix, minus({x.row(i), x.row(i) + kDim}, kShiftQuery));
    const Vector b =
        image(inverse_transpose(kMatrix), minus({y.row(i), y.row(i) + kDim}, kShiftKey));
    std::copy(a.begin(), a.end(), u.row(i));
    std::copy(b.begin(), b.end(), v.row(i));
  }
  const Matrix<double> phi_there = features<double>(other, u, Side::query);
  const Matrix<double> psi_there = features<double>(other, v, Side::key);
  for (Index i = 0; i < kRows; ++i) {
    const Vector query(x.row(i), x.row(i) + kDim);
    const Vector key(y.row(i), y.row(i) + kDim);
    double here = 0.0, there = 0.0;
    for (Index j = 0; j < phi.cols(); ++j) {
      here += phi(i, j) * psi(i, j);
      there += phi_there(i, j) * psi_there(i, j);
    }
    const double factor =
        std::exp(kScale * (dot(minus(query, kShiftQuery), kShiftKey) + dot(kShiftQuery, key)));
    CHECK(here == Approx(factor * there).epsilon(1e-12));
  }
}

TEST_CASE("a transform and parameters per direction have a text form", "[pair][spec]") {
  FeatureMapSpec spec = spec_of(OprfFeatures{kDirections}, {.key = kShiftKey, .matrix = kMatrix});
  const std::string line = to_text(spec);
  CHECK(line ==
        "input_dim=4 num_frequencies=6 kernel=softmax(scale=0.4) "
        "projection=orthogonal(radii=sampled) features=oprf(a=[-0.3, -0.05, 0.04, -0.7]) seed=8 "
        "transform=pair(key=[-0.1, 0.4, 0.2, -0.3], matrix=[1.2, 0.3, -0.1, 0.2, 0, 0.8, 0.4, "
        "-0.3, 0.1, -0.2, 1.5, 0.1, 0.3, 0, 0.2, 0.9])");
  CHECK(parse_spec(line) == spec);
  // As it was written before there was a matrix.
  spec = spec_of(OprfFeatures{-0.1}, {.query = kShiftQuery, .key = kShiftKey});
  CHECK(parse_spec("input_dim=4 num_frequencies=6 kernel=softmax(scale=0.4) features=oprf(a=-0.1) "
                   "seed=8 centring=centre(query=[0.3, -0.2, 0.1, 0.5], key=[-0.1, 0.4, 0.2, "
                   "-0.3])") == spec);
  CHECK_THROWS_WITH(parse_spec("transform=centre(query=[1])"),
                    Catch::Matchers::Contains("expected 'pair', got 'centre'"));
  CHECK_THROWS_WITH(parse_features("oprf(a=[1, x])"),
                    Catch::Matchers::Contains("expected a number, got 'x'"));
  CHECK_THROWS_WITH(parse_features("oprf(a=x)"),
                    Catch::Matchers::Contains("expected a number, got 'x'"));
}

TEST_CASE("gradients go through transform and parameters as through constants", "[pair]") {
  const PairTransform transform{.query = kShiftQuery, .key = kShiftKey, .matrix = kMatrix};
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(TrigonometricFeatures{}),
        FeatureFunction(OprfFeatures{kDirections}),
        FeatureFunction(HyperbolicOprfFeatures{kDirections})}) {
    const FeatureMapSpec spec = spec_of(features, transform);
    CAPTURE(to_text(spec));
    const FeatureMap<double> map(spec);
    const Index columns = map.num_features();
    for (const Side side : {Side::query, Side::key}) {
      Matrix<double> x = some_rows<double>(2);
      Matrix<double> phi(kRows, columns), weights(kRows, columns), dx(kRows, kDim);
      std::vector<std::int32_t> exponent(kRows), moved(kRows);
      Stream(Seed{4}, Purpose::study)
          .normals(0, {weights.data(), static_cast<std::size_t>(weights.size())});
      map.apply(side, x.view(), {phi.view(), exponent});
      map.pullback(side, x.view(), weights.view(), dx.view());
      // sum_ij weights phi with the exponents of x, whatever those of the moved rows are.
      const auto weighted = [&] {
        map.apply(side, x.view(), {phi.view(), moved});
        double sum = 0.0;
        for (Index i = 0; i < kRows; ++i) {
          const auto at = static_cast<std::size_t>(i);
          for (Index j = 0; j < columns; ++j) {
            sum += weights(i, j) * std::ldexp(phi(i, j), moved[at] - exponent[at]);
          }
        }
        return sum;
      };
      double worst = 0.0, largest = 0.0;
      for (const Index i : {Index{0}, Index{kRows - 1}}) {
        for (Index k = 0; k < kDim; ++k) {
          constexpr double kStep = 1e-5;
          const double here = x(i, k);
          x(i, k) = here + kStep;
          const double above = weighted();
          x(i, k) = here - kStep;
          const double below = weighted();
          x(i, k) = here;
          worst = std::max(worst, std::abs((above - below) / (2.0 * kStep) - dx(i, k)));
          largest = std::max(largest, std::abs(dx(i, k)));
        }
      }
      CHECK(worst < 1e-8 * std::max(1.0, largest));

      const FeatureMap<float> single(spec);
      const Matrix<float> rows = some_rows<float>(2);
      Matrix<float> weights_single(kRows, columns), gradient(kRows, kDim);
      for (Index e = 0; e < weights.size(); ++e) {
        weights_single.data()[e] = static_cast<float>(weights.data()[e]);
      }
      single.pullback(side, rows.view(), weights_single.view(), gradient.view());
      double off = 0.0, size = 0.0;
      for (Index e = 0; e < dx.size(); ++e) {
        off = std::max(off, std::abs(static_cast<double>(gradient.data()[e]) - dx.data()[e]));
        size = std::max(size, std::abs(dx.data()[e]));
      }
      CHECK(off < 1e-4 * size);
    }
  }
}

TEST_CASE("a map without a transform is the map of an identity", "[pair]") {
  Vector identity(16, 0.0);
  for (std::size_t k = 0; k < 4; ++k) identity[5 * k] = 1.0;
  const Matrix<double> x = some_rows<double>(0);
  const Matrix<double> plain =
      features<double>(FeatureMap<double>(spec_of(HyperbolicFeatures{}, {})), x, Side::key);
  const Matrix<double> same = features<double>(
      FeatureMap<double>(spec_of(HyperbolicFeatures{}, {.matrix = identity})), x, Side::key);
  for (Index e = 0; e < plain.size(); ++e) {
    CHECK(same.data()[e] == Approx(plain.data()[e]).epsilon(1e-13));
  }
}
