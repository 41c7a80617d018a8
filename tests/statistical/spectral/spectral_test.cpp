// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

// The mean of cos(w.delta) over the frequencies of a kernel is the kernel, sigma from the kernel.

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 3;
constexpr Index kFrequencies = 200000;
// delta = t e for unit e.
constexpr double kDirection[kDim] = {0.6, 0.0, -0.8};

struct Estimate {
  double mean = 0.0;
  double sigma = 0.0;  ///< of the mean, from k(2 delta)
  double exact = 0.0;
};

Estimate cosine_mean(const Kernel& drawn, const Kernel& claimed, const Projection& projection,
                     double distance) {
  const Matrix<double> w = FeatureMap<double>({.input_dim = kDim,
                                               .num_frequencies = kFrequencies,
                                               .kernel = drawn,
                                               .projection = projection,
                                               .features = TrigonometricFeatures{},
                                               .seed = {31},
                                               .transform = {}})
                               .frequencies();
  Estimate out;
  for (Index j = 0; j < w.rows(); ++j) {
    double angle = 0.0;
    for (Index k = 0; k < kDim; ++k) angle += w(j, k) * distance * kDirection[k];
    out.mean += std::cos(angle) / static_cast<double>(kFrequencies);
  }
  const double zero[kDim] = {};
  const auto k = [&](double t) {
    const double x[kDim] = {t * kDirection[0], t * kDirection[1], t * kDirection[2]};
    return evaluate(claimed, x, zero, kDim);
  };
  out.exact = k(distance);
  out.sigma = std::sqrt((0.5 * (1.0 + k(2.0 * distance)) - out.exact * out.exact) /
                        static_cast<double>(kFrequencies));
  return out;
}

std::vector<Kernel> mixtures() {
  const Diagonal metric{{0.7, 1.0, 1.9}};
  return {MaternKernel{0.3, metric},
          MaternKernel{2.5, metric},
          MaternKernel{40.0, metric},
          LaplacianKernel{metric},
          CauchyKernel{metric},
          RationalQuadraticKernel{0.4, metric},
          RationalQuadraticKernel{3.0, metric},
          ExponentiatedPowerKernel{0.4, metric},
          ExponentiatedPowerKernel{1.5, metric},
          ExponentiatedPowerKernel{2.0, metric},
          GeneralisedCauchyKernel{1.2, 0.6, metric},
          GeneralisedCauchyKernel{2.0, 2.0, metric}};
}

}  // namespace

TEST_CASE("the mean cosine of every scale mixture is its kernel", "[spectral]") {
  for (const Kernel& kernel : mixtures()) {
    for (const double distance : {0.3, 1.5}) {
      INFO(to_text(kernel) << " at " << distance);
      const Estimate iid = cosine_mean(kernel, kernel, IidProjection{}, distance);
      check_z(iid.mean, iid.exact, iid.sigma);
    }
    // Rows of a block are uncorrelated or better at short distance: sigma is an upper bound.
    const Estimate orthogonal = cosine_mean(kernel, kernel, OrthogonalProjection{}, 0.3);
    check_z(orthogonal.mean, orthogonal.exact, orthogonal.sigma);
  }
}

TEST_CASE("the frequencies of another kernel are caught", "[spectral][twin]") {
  const auto caught = [](const Kernel& drawn, const Kernel& claimed) {
    INFO(to_text(drawn) << " for " << to_text(claimed));
    const Estimate wrong = cosine_mean(drawn, claimed, IidProjection{}, 0.8);
    caught_z(wrong.mean, wrong.exact, wrong.sigma);
  };
  caught(MaternKernel{2.5, {}}, MaternKernel{1.5, {}});
  caught(MaternKernel{40.0, {}}, GaussianKernel{});
  caught(LaplacianKernel{}, CauchyKernel{});
  caught(RationalQuadraticKernel{1.0, {}}, CauchyKernel{});  // the factor of two
  caught(ExponentiatedPowerKernel{2.0, {}}, GaussianKernel{});
  caught(ExponentiatedPowerKernel{1.3, {}}, ExponentiatedPowerKernel{1.5, {}});
  caught(GeneralisedCauchyKernel{1.2, 0.6, {}}, GeneralisedCauchyKernel{1.2, 0.65, {}});
}
