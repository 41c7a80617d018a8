// SPDX-License-Identifier: Apache-2.0
//
// Eigen in, Eigen out: matrices of either storage order go in as they are, results are maps.

#include <bochner/bochner.hpp>
#include <bochner/eigen.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  const Eigen::MatrixXf queries = 0.3F * Eigen::MatrixXf::Random(200, 16);             // by columns
  const bochner::EigenRowMajor<float> keys = 0.3F * Eigen::MatrixXf::Random(100, 16);  // by rows

  const bochner::FeatureMap<float> map({.input_dim = 16,
                                        .num_frequencies = 512,
                                        .kernel = bochner::SoftmaxKernel::for_dimension(16),
                                        .features = bochner::PositiveFeatures{},
                                        .seed = {3}});

  const auto features = [&](bochner::Side side, bochner::MatrixView<const float> x) {
    bochner::Matrix<float> phi(x.rows, map.num_features());
    std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows));
    map.apply(side, x, {phi, exponent});
    for (bochner::Index i = 0; i < x.rows; ++i) {  // small norms: exponents fit into the features
      bochner::as_eigen(phi).row(i) *= std::ldexp(1.0F, exponent[static_cast<std::size_t>(i)]);
    }
    return phi;
  };
  const bochner::Matrix<float> phi_q = features(bochner::Side::query, queries);
  const bochner::Matrix<float> phi_k = features(bochner::Side::key, keys);

  const Eigen::MatrixXf estimate = bochner::as_eigen(phi_q) * bochner::as_eigen(phi_k).transpose();
  const Eigen::MatrixXf exact = (0.25F * queries * keys.transpose()).array().exp().matrix();
  const float error = (estimate - exact).norm() / exact.norm();
  std::printf("relative error of %td x %td kernel values: %.4f\n", estimate.rows(), estimate.cols(),
              static_cast<double>(error));
  return error < 0.05F ? 0 : 1;
}
