// SPDX-License-Identifier: Apache-2.0
#include "fourth_moment.hpp"
#include "kernel/standard_form.hpp"
#include "mean_check.hpp"
#include "support/wrong_samplers.hpp"

#include <algorithm>
#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

bool is_rectified(const Kernel& kernel) { return spectral_measure(kernel).rectifier() != nullptr; }

std::vector<Kernel> rectified_kernels() {
  return {ArcCosineKernel{0, 0.0, {}}, ArcCosineKernel{1, 0.0, {}}, ArcCosineKernel{1, 0.4, {}},
          ArcCosineKernel{2, 0.0, {}}, ArcCosineKernel{2, 0.3, {}}, AngularKernel{}};
}

}  // namespace

TEST_CASE("every map of a rectified kernel is unbiased", "[unbiased]") {
  check_means(is_rectified, 500);
  std::uint64_t seed = 540;
  for (const Kernel& kernel : rectified_kernels()) {
    for (const Projection& projection :
         {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
      for (const Pair& pair : {dense_pair(5, 1.0, 1.0), sparse_pair(5, 0.3, 2.0)}) {
        check_mean(make_spec(5, 5, kernel, projection, RectifiedFeatures{}), pair, 4000, ++seed);
      }
    }
  }
}

TEST_CASE("independent rectified rows have the variance 2 k_2n - k_n^2", "[variance]") {
  std::uint64_t seed = 580;
  const Pair pair = dense_pair(6, 0.8, 0.8);
  for (const Kernel& kernel : rectified_kernels()) {
    const FeatureMapSpec spec = make_spec(6, 4, kernel, IidProjection{}, RectifiedFeatures{});
    const CheckResult result = check_row_variance(spec, pair, ++seed);
    FeatureMapSpec other = spec;
    other.kernel = ArcCosineKernel{1, 0.8, {}};
    caught_z(result.measured, kernel_moments(other, pair.x, pair.y).variance, result.sigma);
  }
}

TEST_CASE("rectified features of unsigned QR are caught", "[wrong]") {
  // Sums of rows are what rectified units see, so a fixed sign shows.
  constexpr Index kDim = 4;
  const Pair pair = dense_pair(kDim, 1.0, 0.2);
  const FeatureMapSpec spec =
      make_spec(kDim, kDim, ArcCosineKernel{}, OrthogonalProjection{}, RectifiedFeatures{});
  FeatureMapSpec row = spec;
  row.num_frequencies = 1;
  row.projection = IidProjection{};
  const KernelMoments moments = kernel_moments(row, pair.x, pair.y);
  const CheckOptions options{.replicates = 20000, .seed = {99}};
  const SeededEstimate wrong = [&](Seed seed) {
    const Matrix<double> w = unsigned_block(seed, kDim);
    double sum = 0.0;
    for (Index i = 0; i < kDim; ++i) {
      double u = 0.0;
      double v = 0.0;
      for (Index k = 0; k < kDim; ++k) {
        u += w(i, k) * pair.x[static_cast<std::size_t>(k)];
        v += w(i, k) * pair.y[static_cast<std::size_t>(k)];
      }
      sum += 2.0 * std::max(u, 0.0) * std::max(v, 0.0);
    }
    return sum / static_cast<double>(kDim);
  };
  CHECK(check_unbiased(estimates_of(spec, pair.x, pair.y), moments.exact, moments.variance, options)
            .passed());
  const CheckResult result = check_unbiased(wrong, moments.exact, moments.variance, options);
  INFO(result.sentence);
  caught_z(result.measured, result.expected, result.sigma);
}
