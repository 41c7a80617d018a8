// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

/// \file
/// Small regression problems at any place and of any size, and their solution in long double.

namespace bochner::property {

using Long = long double;

inline constexpr Index kRows = 40;

struct Range {
  double offset;
  double scale;
};

inline std::vector<Range> ranges() {
  std::vector<Range> all;
  for (const double offset : {0.0, 1e3, 1e6, 1e12}) {
    for (const double scale : {1e-30, 1e-10, 1.0, 1e10, 1e30}) all.push_back({offset, scale});
  }
  return all;
}

template <Scalar T>
struct Setting {
  Matrix<T> x{kRows, 1};
  Matrix<double> y{kRows, 1};
  std::vector<T> weights;
  std::vector<Index> labels;
  FeatureMapSpec spec;

  Setting(Range input, Range target) {
    const Stream stream(Seed{77}, Purpose::study);
    for (Index i = 0; i < kRows; ++i) {
      const auto at = static_cast<std::uint64_t>(i);
      const double t = 3.0 * stream.uniform(2 * at);
      const double value = std::sin(2.0 * t) + 0.1 * stream.normal(100 + at);
      x(i, 0) = static_cast<T>(input.scale * (input.offset + t));
      y(i, 0) = target.scale * (target.offset + value);
      weights.push_back(static_cast<T>(0.5 + stream.uniform(2 * at + 1)));
      labels.push_back(value > 0.0 ? 1 : 0);
    }
    spec = {.input_dim = 1,
            .num_frequencies = 3,
            .kernel = GaussianKernel{Isotropic{1.5 * input.scale}},
            .projection = IidProjection{},
            .features = TrigonometricFeatures{},
            .seed = {5},
            .transform = {}};
  }

  bool finite() const {
    return std::all_of(x.data(), x.data() + x.size(), [](T v) { return std::isfinite(v); });
  }
  TrainingRows<T> rows() const { return {x.view(), y.view(), weights}; }
  LabelledRows<T> labelled() const { return {x.view(), labels, weights}; }
};

/// Rows of features, as the map gives them.
template <Scalar T>
std::vector<std::vector<Long>> features_of(const FeatureMap<T>& map, const Matrix<T>& x) {
  Matrix<T> phi(x.rows(), map.num_features());
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(x.rows()));
  map.apply(Side::query, x.view(), {phi.view(), exponent});
  std::vector<std::vector<Long>> rows;
  for (Index i = 0; i < x.rows(); ++i) {
    rows.emplace_back();
    for (Index j = 0; j < phi.cols(); ++j) {
      rows.back().push_back(
          std::ldexp(static_cast<Long>(phi(i, j)), exponent[static_cast<std::size_t>(i)]));
    }
  }
  return rows;
}

/// The ridge solution on the rows whose `used` is not zero, by Cholesky in long double.
struct Oracle {
  template <Scalar T>
  Oracle(const std::vector<std::vector<Long>>& phi, const Setting<T>& setting,
         const std::vector<char>& used, Long ridge, Long penalty_or_nothing = -1)
      : features(phi.front().size()), mean(features) {
    const auto weight_of = [&](std::size_t i) {
      return used[i] ? static_cast<Long>(setting.weights[i]) : Long{0};
    };
    const auto target = [&](std::size_t i) {
      return static_cast<Long>(setting.y(static_cast<Index>(i), 0));
    };
    for (std::size_t i = 0; i < phi.size(); ++i) {
      weight += weight_of(i);
      rows += used[i] ? 1 : 0;
      if (used[i]) log_weights += std::log(weight_of(i));
    }
    for (std::size_t i = 0; i < phi.size(); ++i) {
      mean_target += weight_of(i) * target(i) / weight;
      for (std::size_t j = 0; j < features; ++j) mean[j] += weight_of(i) * phi[i][j] / weight;
    }
    penalty = penalty_or_nothing >= 0 ? penalty_or_nothing : weight * ridge;
    std::vector<std::vector<Long>> a(features, std::vector<Long>(features));
    std::vector<Long> b(features);
    for (std::size_t i = 0; i < phi.size(); ++i) {
      const Long w = weight_of(i);
      const Long y = target(i) - mean_target;
      yy += w * y * y;
      for (std::size_t j = 0; j < features; ++j) {
        b[j] += w * y * (phi[i][j] - mean[j]);
        for (std::size_t k = 0; k < features; ++k) {
          a[j][k] += w * (phi[i][j] - mean[j]) * (phi[i][k] - mean[k]);
        }
      }
    }
    for (std::size_t j = 0; j < features; ++j) a[j][j] += penalty;
    for (std::size_t j = 0; j < features; ++j) {  // L L^T
      for (std::size_t k = 0; k <= j; ++k) {
        Long sum = a[j][k];
        for (std::size_t l = 0; l < k; ++l) sum -= a[j][l] * a[k][l];
        a[j][k] = j == k ? std::sqrt(sum) : sum / a[k][k];
      }
      log_determinant += 2 * std::log(a[j][j]);
    }
    factor = a;
    theta = solve(b);
    intercept = mean_target;
    Long explained = 0;
    for (std::size_t j = 0; j < features; ++j) {
      intercept -= mean[j] * theta[j];
      explained += b[j] * theta[j];
      square += theta[j] * theta[j];
    }
    unexplained = yy - explained;
    for (std::size_t j = 0; j < features; ++j) {
      std::vector<Long> unit(features);
      unit[j] = 1;
      inverse_diagonal.push_back(solve(unit)[j]);
      degrees_of_freedom += 1 - penalty * inverse_diagonal.back();
    }
    degrees_of_freedom += 1;
  }

  std::vector<Long> solve(std::vector<Long> b) const {
    for (std::size_t j = 0; j < features; ++j) {
      for (std::size_t l = 0; l < j; ++l) b[j] -= factor[j][l] * b[l];
      b[j] /= factor[j][j];
    }
    for (std::size_t j = features; j-- > 0;) {
      for (std::size_t l = j + 1; l < features; ++l) b[j] -= factor[l][j] * b[l];
      b[j] /= factor[j][j];
    }
    return b;
  }
  Long predict(const std::vector<Long>& phi) const {
    Long f = intercept;
    for (std::size_t j = 0; j < features; ++j) f += theta[j] * phi[j];
    return f;
  }
  Long variance(const std::vector<Long>& phi) const {
    std::vector<Long> centred = phi;
    for (std::size_t j = 0; j < features; ++j) centred[j] -= mean[j];
    const std::vector<Long> solved = solve(centred);
    Long sum = 1 / weight;
    for (std::size_t j = 0; j < features; ++j) sum += centred[j] * solved[j];
    return sum * unexplained / (rows - 1);
  }

  std::size_t features;
  std::vector<Long> mean;
  Long weight = 0, mean_target = 0, yy = 0, penalty = 0, unexplained = 0, square = 0;
  Long log_determinant = 0, degrees_of_freedom = 0, intercept = 0, rows = 0, log_weights = 0;
  std::vector<std::vector<Long>> factor;
  std::vector<Long> theta, inverse_diagonal;
};

/// Within `part` of a size, and of the rounding of doubles about `about`.
inline bool near(double value, Long right, Long size, Long about, double part = 1e-7) {
  const Long rounding = 64 * std::numeric_limits<double>::epsilon() * std::abs(about);
  return std::isfinite(value) && std::abs(static_cast<Long>(value) - right) <=
                                     static_cast<Long>(part) * std::abs(size) + rounding;
}

}  // namespace bochner::property
