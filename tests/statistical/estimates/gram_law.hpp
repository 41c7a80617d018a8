// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/feature_map.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

/// \file
/// How much the squared error of an approximate Gram matrix varies from draw to draw.

namespace bochner::testing {

/// |K^ - K|^2 / |K|^2 in one draw.
inline double squared_error(FeatureMapSpec spec, MatrixView<const float> x, std::uint64_t seed) {
  spec.seed = {seed};
  return std::pow(gram_distance<float>(FeatureMap<float>(spec), x, x).relative(), 2);
}

/// The mean of B independent groups of frequencies has the error H = (H_1 + ... + H_B) / B with
///   Var |H|^2 = (Var |H_1|^2 + 2 (B - 1) E <H_1, H_2>^2) / B^3,
/// exactly. The two numbers on the right are measured over many draws of a group, whereas a sample
/// of 20 squared errors, skewed as they are, misjudges its own deviation.
class SquaredErrorLaw {
 public:
  /// `spec.num_frequencies` is the size of a group: whole orthogonal blocks, or less than one.
  SquaredErrorLaw(FeatureMapSpec spec, MatrixView<const float> x) : group_(spec.num_frequencies) {
    constexpr int kDraws = 400;
    std::vector<double> draws;
    double mean = 0.0;
    for (int r = 0; r < kDraws; ++r) {
      draws.push_back(squared_error(spec, x, kFirstSeed + static_cast<std::uint64_t>(r)));
      mean += draws.back() / kDraws;
    }
    for (const double draw : draws) {
      group_variance_ += (draw - mean) * (draw - mean) / (kDraws - 1);
    }
    squared_product_ = mean_squared_product(std::move(spec), x);
  }

  /// The standard deviation with `num_frequencies`, a multiple of the group's.
  double sigma(Index num_frequencies) const {
    const auto groups = static_cast<double>(num_frequencies / group_);
    return std::sqrt((group_variance_ + 2.0 * (groups - 1.0) * squared_product_) /
                     (groups * groups * groups));
  }

 private:
  static constexpr std::uint64_t kFirstSeed = 1000;

  /// E <H, H'>^2 / |K|^4 over the pairs of different groups of one long draw.
  static double mean_squared_product(FeatureMapSpec spec, MatrixView<const float> x) {
    const Index group = spec.num_frequencies;
    const Index groups = 1600 / group;
    spec.num_frequencies = group * groups;
    spec.seed = {kFirstSeed - 1};
    const FeatureMap<float> map(spec);
    const Index n = x.rows, m = spec.num_frequencies, signs = map.num_features() / m;
    Matrix<float> phi(n, map.num_features());
    std::vector<std::int32_t> exponent(static_cast<std::size_t>(n));
    map.apply(Side::query, x, {phi, exponent});
    Matrix<double> exact(n, n);
    const Matrix<double> wide = widened(x);
    exact_gram(spec.kernel, wide, wide, exact);

    // The columns of a group side by side; its estimate of K is p p^T.
    const Index width = group * signs;
    Eigen::MatrixXd p(n, groups * width);
    for (Index g = 0; g < groups; ++g) {
      for (Index j = 0; j < width; ++j) {
        const Index column = j / group * m + g * group + j % group;
        for (Index i = 0; i < n; ++i) {
          p(i, g * width + j) = std::ldexp(static_cast<double>(phi(i, column)),
                                           exponent[static_cast<std::size_t>(i)]) *
                                std::sqrt(static_cast<double>(groups));
        }
      }
    }
    const Eigen::Map<const Eigen::MatrixXd> k(exact.data(), n, n);
    const Eigen::MatrixXd products = p.transpose() * p;
    const Eigen::VectorXd with_exact = (k * p).cwiseProduct(p).colwise().sum();
    const double norm = k.squaredNorm();

    double sum = 0.0;
    for (Index a = 0; a < groups; ++a) {
      for (Index b = 0; b < a; ++b) {
        const double product = products.block(a * width, b * width, width, width).squaredNorm() -
                               with_exact.segment(a * width, width).sum() -
                               with_exact.segment(b * width, width).sum() + norm;
        sum += product * product;
      }
    }
    return sum / (0.5 * static_cast<double>(groups * (groups - 1)) * norm * norm);
  }

  static Matrix<double> widened(MatrixView<const float> x) {
    Matrix<double> out(x.rows, x.cols);
    for (Index i = 0; i < x.rows; ++i) {
      for (Index k = 0; k < x.cols; ++k) out(i, k) = x(i, k);
    }
    return out;
  }

  Index group_ = 0;
  double group_variance_ = 0.0;
  double squared_product_ = 0.0;
};

}  // namespace bochner::testing
