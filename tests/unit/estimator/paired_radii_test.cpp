// SPDX-License-Identifier: Apache-2.0
#include "estimator/paired_radii.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/kummer.hpp"
#include "estimator/row_moments.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;

namespace {

FeatureMapSpec spec_of(Index dim, Index frequencies, const FeatureFunction& features,
                       Radii radii = Radii::paired) {
  return {.input_dim = dim,
          .num_frequencies = frequencies,
          .kernel = GaussianKernel{},
          .projection = OrthogonalProjection{radii},
          .features = features};
}

/// Var of one estimate at |x - y|^2 = |x + y|^2 = s.
double variance_at(const FeatureMapSpec& spec, double s) {
  std::vector<double> x(static_cast<std::size_t>(spec.input_dim), 0.0);
  std::vector<double> y = x;
  x[0] = std::sqrt(0.5 * s);
  y[1] = std::sqrt(0.5 * s);
  return kernel_moments(spec, x, y).variance;
}

}  // namespace

// From SciPy 1.10, by quadrature over u = e^{-t} / 2:
//   def mean(f, d):
//     def g(t):
//       u = np.exp(-t) / 2
//       return 2 * u * f(2 * (gammaincinv(d / 2, u) + gammainccinv(d / 2, u)))
//     panels = [(0, 1), (1, 4), (4, 12), (12, 40), (40, 300)]
//     return sum(quad(g, *p, epsabs=1e-15, epsrel=1e-13, limit=400)[0] for p in panels)
//   cosine = mean(lambda q: hyp0f1(d / 2, -s * q / 4), d) - np.exp(-s)
//   deficit(a) = 1 - np.exp(-s) * mean(lambda q: (1 - 4 * a)**d * np.exp(2 * a * q)
//                                                * hyp0f1(d / 2, (1 - 4 * a) * s * q / 4), d)
TEST_CASE("cross moments of complementary radii agree with SciPy's quadrature", "[paired]") {
  struct Line {
    double d, s, cosine, deficit, negative, positive;  ///< a = 0, -0.1, 0.03
  };
  for (const Line& line :
       {Line{2, 0.25, -0.0111308637889752, 0.0115676229294448, 0.0363343139495814,
             0.0380506213420678},
        Line{2, 1, -0.11637154258207, 0.135967050523153, 0.0548821978376008, 0.188224562910381},
        Line{2, 20, 0.0831312079906552, 0.999908481221052, 0.99987006878396, 0.999919672514123},
        Line{3, 0.25, -0.0093083049787972, 0.00993722544351971, 0.0818876668071102,
             0.0464407302533812},
        Line{3, 4, -0.200363765583686, 0.698548839480954, 0.563869185399406, 0.746254534185733},
        Line{8, 0.25, -0.00486716347240868, 0.0055990492653808, 0.314495725136113,
             0.0833299302159209},
        Line{8, 1, -0.0428209786903178, 0.0752751593371312, 0.211285599227387, 0.201514279987921},
        Line{8, 20, 0.00128691182774137, 0.99981902404934, 0.999061966482994, 0.999905714124831},
        Line{16, 1, -0.0223792332686925, 0.0467841574557337, 0.490036130062382, 0.23609457504783},
        Line{16, 4, -0.01926989765848, 0.443626909361238, 0.372892575701485, 0.647587442108775},
        Line{64, 0.25, -0.000739327894825337, 0.000930911009818791, 0.980082265717529,
             0.408146355658478},
        Line{64, 4, -0.00460294390452485, 0.189037863201729, 0.94061896586564,
             0.677655656316702}}) {
    const PairedRadii pair(line.d);
    CAPTURE(line.d, line.s);
    CHECK(pair.cosine_covariance(line.s) == Approx(line.cosine).epsilon(1e-12).margin(1e-14));
    CHECK(pair.deficit(0.0, line.s) == Approx(line.deficit).epsilon(1e-11));
    CHECK(pair.deficit(-0.1, line.s) == Approx(line.negative).epsilon(1e-12));
    CHECK(pair.deficit(0.03, line.s) == Approx(line.positive).epsilon(1e-12));
  }
}

TEST_CASE(
    "cross moments of complementary radii: both branches meet, and small arguments keep digits",
    "[paired]") {
  for (const double d : {2.0, 3.0, 8.0, 64.0}) {
    const PairedRadii pair(d);
    CAPTURE(d);
    const double below = 1.0 - 1e-9;
    const double above = 1.0 + 1e-9;
    CHECK(pair.cosine_covariance(below) == Approx(pair.cosine_covariance(above)).epsilon(1e-8));
    CHECK(pair.deficit(0.0, below) == Approx(pair.deficit(0.0, above)).epsilon(1e-8));
    // Of second order in s: the same coefficient for both maps, and at every scale.
    const double coefficient = pair.deficit(0.0, 1e-4) / 1e-8;
    for (const double s : {1e-12, 1e-8, 1e-5}) {
      CHECK(pair.deficit(0.0, s) == Approx(coefficient * s * s).epsilon(2e-4));
      CHECK(pair.cosine_covariance(s) == Approx(-coefficient * s * s).epsilon(2e-4));
    }
    // Finer nodes take over where the cosine turns faster than the usual ones can follow.
    const double far = pair.cosine_covariance(1e5);
    CHECK(std::abs(far) <
          2.0 * std::pow(1e5, -0.25 * d) * std::tgamma(0.5 * d) * std::exp2(0.5 * d));
    CHECK(std::abs(pair.cosine_covariance(1e7)) == 0.0);
  }
}

TEST_CASE("the ratios to orthogonal frequencies are those of the closed form", "[paired]") {
  // Variance over that of independent radii for one whole block of trigonometric features.
  struct Line {
    Index d;
    double s, ratio;
  };
  for (const Line& line : {Line{2, 0.25, 0.747},
                           {2, 1, 0.617},
                           {8, 0.25, 0.653},
                           {8, 1, 0.563},
                           {16, 0.25, 0.638},
                           {16, 1, 0.646},
                           {64, 0.25, 0.655},
                           {64, 1, 0.854}}) {
    CAPTURE(line.d, line.s);
    const double paired = variance_at(spec_of(line.d, line.d, TrigonometricFeatures{}), line.s);
    const double sampled =
        variance_at(spec_of(line.d, line.d, TrigonometricFeatures{}, Radii::sampled), line.s);
    CHECK(paired / sampled == Approx(line.ratio).margin(6e-4));
  }
}

TEST_CASE("blocks of pairs, whole and truncated: the variance counts ordered pairs", "[paired]") {
  const double s = 0.7;
  for (const Index d : {2, 3, 4, 5, 8, 9}) {
    for (Index m = 1; m <= 3 * d; ++m) {
      const double variance = 0.5 * std::pow(std::expm1(-s), 2);
      const double pair = PairedRadii(static_cast<double>(d)).cosine_covariance(s);
      const double other = orthogonal_cosine_covariance(static_cast<double>(d), 0.5 * s);
      double sum = 0.0;
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < m; ++j) {
          const bool paired = i % d / 2 == j % d / 2;
          if (i / d == j / d) sum += i == j ? variance : paired ? pair : other;
        }
      }
      const auto count = static_cast<double>(m);
      CAPTURE(d, m);
      const FeatureMapSpec spec = spec_of(d, m, TrigonometricFeatures{});
      CHECK(variance_at(spec, s) == Approx(sum / (count * count)).epsilon(1e-12));
      // The same through the sums over a matrix, and their logarithms.
      Matrix<double> x(1, d);
      Matrix<double> y(1, d);
      x(0, 0) = std::sqrt(0.5 * s);
      y(0, 1) = std::sqrt(0.5 * s);
      CHECK(gram_error(spec, x, y).squared_error == Approx(sum / (count * count)).epsilon(1e-10));
    }
  }
}

TEST_CASE("one dimension has no pairs", "[paired]") {
  const FeatureMapSpec spec = spec_of(1, 6, TrigonometricFeatures{});
  FeatureMapSpec sampled = spec;
  sampled.projection = OrthogonalProjection{};
  const std::vector<double> x{0.3};
  const std::vector<double> y{-0.4};
  CHECK(kernel_moments(spec, x, y).variance == kernel_moments(sampled, x, y).variance);
}

TEST_CASE("a plan of paired radii is the smallest number of frequencies", "[paired]") {
  const std::vector<double> y(5, 0.0);
  std::vector<double> x = y;
  x[0] = 1.0;
  FeatureMapSpec spec = spec_of(5, 1, TrigonometricFeatures{});
  for (const double error : {0.3, 0.2, 0.1, 0.05}) {
    const ErrorTarget target{.error = error, .unit = ErrorUnit::absolute, .confidence = 0.9};
    const FrequencyPlan plan = frequencies_needed(spec, x, y, target, Basis::chebyshev);
    const auto good = [&](Index m) {
      spec.num_frequencies = m;
      return kernel_moments(spec, x, y).variance <= 0.1 * error * error;
    };
    CAPTURE(error, plan.num_frequencies);
    CHECK(good(plan.num_frequencies));
    Index smaller = 1;
    while (!good(smaller)) ++smaller;
    CHECK(smaller == plan.num_frequencies);
  }
}

TEST_CASE("an infinite variance stays infinite in a truncated odd block", "[paired]") {
  const BlockLaw block = block_law(OrthogonalProjection{Radii::paired}, 5);
  CHECK(block.shares(9).rows < 0.0);
  CHECK(block.shares(9).mix(INFINITY, INFINITY, INFINITY) == INFINITY);
  CHECK(log_variance(block, {INFINITY, INFINITY, INFINITY}, 9) == INFINITY);
}

TEST_CASE("paired radii of other laws have no closed form, and say so", "[paired]") {
  FeatureMapSpec spec = spec_of(4, 8, TrigonometricFeatures{});
  spec.kernel = MaternKernel{};
  const std::vector<double> x(4, 0.1);
  CHECK_THROWS_WITH(kernel_moments(spec, x, x), Catch::Contains("orthogonal(radii=paired)") &&
                                                    Catch::Contains("use radii=sampled"));
  CHECK(FeatureMap<double>(spec).frequencies().rows() == 8);
}
