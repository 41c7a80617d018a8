// SPDX-License-Identifier: Apache-2.0
#include "gram_law.hpp"
#include "pairs.hpp"
#include "support/data.hpp"
#include "support/statistics.hpp"

#include <bochner/client/gram.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/estimator/gram_error.hpp>
#include <bochner/kernel/data_scale.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// The measured squared relative error over redraws against its closed form. There is no closed
/// form for its own variance: sigma is the sample's.
void check_gram(FeatureMapSpec spec, const Matrix<float>& x, int redraws) {
  const MatrixView<const float> rows = x;
  const double predicted = std::pow(gram_error<float>(spec, rows).relative_error, 2);
  std::vector<double> measured;
  for (int r = 0; r < redraws; ++r) {
    spec.seed = {static_cast<std::uint64_t>(r)};
    measured.push_back(
        std::pow(gram_distance<float>(FeatureMap<float>(spec), rows, rows).relative(), 2));
  }
  const SampleMean sample = mean_with_error(measured);
  INFO(to_text(spec) << ": root mean square " << std::sqrt(sample.mean) << ", predicted "
                     << std::sqrt(predicted));
  CHECK(std::abs(sample.mean - predicted) <= 5.0 * sample.standard_error);
  // It is a test: twice the error would be seen.
  CHECK(std::abs(sample.mean - 4.0 * predicted) > 5.0 * sample.standard_error);
}

/// 20 draws at each of 16, 32, ..., 4096 frequencies: the mean of the squared errors against its
/// closed form, in standard errors that come from other draws.
void check_sizes(FeatureMapSpec spec, const Matrix<float>& x) {
  constexpr int kRedraws = 20;
  constexpr Index kLargest = 4096;
  const bool blocks = std::holds_alternative<OrthogonalProjection>(spec.projection);
  std::optional<SquaredErrorLaw> law;
  for (Index m = 16; m <= kLargest; m *= 2) {
    spec.num_frequencies = m;
    // Groups of 16 rows are independent, but for those of one orthogonal block.
    if (!law || (blocks && m <= spec.input_dim)) law.emplace(spec, x);
    const double predicted = std::pow(gram_error<float>(spec, x.view()).relative_error, 2);
    double mean = 0.0;
    for (int r = 0; r < kRedraws; ++r) {
      mean += squared_error(spec, x, static_cast<std::uint64_t>(r)) / kRedraws;
    }
    const double standard_error = law->sigma(m) / std::sqrt(static_cast<double>(kRedraws));
    UNSCOPED_INFO(to_text(spec) << ": root mean square " << std::sqrt(mean) << ", predicted "
                                << std::sqrt(predicted) << ", z "
                                << (mean - predicted) / standard_error);
    CHECK(std::abs(mean - predicted) <= 5.0 * standard_error);
    // With many groups twice the error would be seen; with few, squared errors vary too much for
    // it.
    if (m == kLargest) CHECK(std::abs(mean - 4.0 * predicted) > 5.0 * standard_error);
  }
}

}  // namespace

TEST_CASE("the measured error of a Gram matrix has the predicted mean square", "[gram]") {
  Matrix<float> x(300, 8);
  const Stream stream(Seed{300}, Purpose::study);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<float>(0.4 * stream.normal(static_cast<std::uint64_t>(i)));
  }
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
    for (const Index m : {Index{8}, Index{100}}) {
      check_gram(
          make_spec(8, m, GaussianKernel{Isotropic{0.8}}, projection, TrigonometricFeatures{}), x,
          300);
      check_gram(make_spec(8, m, SoftmaxKernel{0.3}, projection, HyperbolicFeatures{}), x, 300);
    }
  }
}

TEST_CASE("on real data the prediction holds at every size", "[.long][gram]") {
  const Matrix<float> concrete = read_columns(std::string(BOCHNER_DATA_DIR) + "/concrete.csv", 8);
  const Matrix<float> digits = read_columns(std::string(BOCHNER_DATA_DIR) + "/digits.csv", 64);
  const Matrix<double> concrete64 = widened(concrete);
  const Matrix<double> digits64 = widened(digits);
  const GaussianKernel gaussian{Isotropic{median_lengthscale(concrete64.view())}};
  const SoftmaxKernel softmax{softmax_scale_for(digits64.view(), digits64.view(), 0.5)};
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
    check_sizes(make_spec(8, 16, gaussian, projection, TrigonometricFeatures{}), concrete);
    check_sizes(make_spec(64, 16, softmax, projection, HyperbolicFeatures{}), digits);
  }
}
