// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/kernel/data_scale.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

/// \file
/// The problem of [Choromanski21, fig. 4]: normal queries, keys and values of 16 dimensions,
/// queries and keys scaled so that the mean of |q + k|^2 is 8 sigma^2.

namespace bochner::testing {

class Performer {
 public:
  static constexpr Index kDim = 16;

  Performer(Index length, double sigma)
      : queries(normals(length, 0, sigma / 2.0)),  // d^(1/4) = 2
        keys(normals(length, 1, sigma / 2.0)),
        values(normals(length, 2, 1.0)),
        exact_(length, kDim) {
    exact_attention<double>(SoftmaxKernel{}, inputs(), view(exact_));
    mean_square = mean_square_sum(queries.view(), keys.view());
  }

  /// Unbiased maps of `columns` features in all, OPRF with the optimal parameter.
  FeatureMapSpec spec(FeatureFunction features, const Projection& projection, Index columns) const {
    if (auto* oprf = std::get_if<OprfFeatures>(&features)) {
      oprf->a = optimal_oprf_parameter(mean_square, kDim);
    }
    if (auto* oprf = std::get_if<HyperbolicOprfFeatures>(&features)) {
      oprf->a = optimal_hyperbolic_oprf_parameter(mean_square, kDim);
    }
    FeatureMapSpec out{.input_dim = kDim,
                       .num_frequencies = 1,
                       .kernel = SoftmaxKernel{},
                       .projection = projection,
                       .features = features,
                       .seed = {},
                       .transform = {}};
    out.num_frequencies = columns / num_features(out);
    return out;
  }

  /// Mean square of the output's error in one draw.
  double output_error(FeatureMapSpec map, std::uint64_t seed) const {
    map.seed = {seed};
    Matrix<double> out(exact_.rows(), kDim);
    attention<double>(FeatureMap<double>(map), inputs(), view(out));
    double sum = 0.0;
    for (Index e = 0; e < out.size(); ++e) sum += std::pow(out.data()[e] - exact_.data()[e], 2);
    return sum / static_cast<double>(out.size());
  }

  /// The same of draws with seeds 1, 2, ..., sorted.
  std::vector<double> output_errors(const FeatureMapSpec& map, int draws) const {
    std::vector<double> out;
    for (int r = 1; r <= draws; ++r) {
      out.push_back(output_error(map, static_cast<std::uint64_t>(r)));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  Matrix<double> queries;
  Matrix<double> keys;
  Matrix<double> values;
  double mean_square = 0.0;

 private:
  static Matrix<double> normals(Index length, std::uint64_t item, double size) {
    Matrix<double> x(length, kDim);
    Stream({4}, Purpose::study, item).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
    for (Index e = 0; e < x.size(); ++e) x.data()[e] *= size;
    return x;
  }
  static TensorView<const double, 4> view(const Matrix<double>& x) {
    return {x.data(), {1, 1, x.rows(), x.cols()}};
  }
  static TensorView<double, 4> view(Matrix<double>& x) {
    return {x.data(), {1, 1, x.rows(), x.cols()}};
  }
  AttentionInputs<double> inputs() const { return {view(queries), view(keys), view(values)}; }

  Matrix<double> exact_;
};

}  // namespace bochner::testing
