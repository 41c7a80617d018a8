// SPDX-License-Identifier: Apache-2.0
#include "study/pairs.hpp"

#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/kernel/options.hpp"
#include "core/numbers.hpp"
#include "estimator/row_law.hpp"
#include "kernel/metric_transform.hpp"
#include "linalg/orthonormal.hpp"

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace bochner::study {
namespace {

constexpr int kLabelDigits = 3;

}  // namespace

Matrix<double> study_plane(Index dimension) {
  Matrix<double> plane(2, dimension);
  Stream(Seed{}, Purpose::study).normals(0, {plane.data(), static_cast<std::size_t>(plane.size())});
  linalg::orthonormal_rows(plane.view());
  return plane;
}

StudyPair pair_at(const Matrix<double>& plane, double norm, double angle, std::string label) {
  StudyPair pair{.label = std::move(label), .x = {}, .y = {}};
  for (Index k = 0; k < plane.cols(); ++k) {
    pair.x.push_back(norm * plane(0, k));
    pair.y.push_back(norm * (std::cos(angle) * plane(0, k) + std::sin(angle) * plane(1, k)));
  }
  return pair;
}

std::vector<StudyPair> pairs_at(Index dimension, std::span<const double> norms,
                                std::span<const double> angles) {
  const Matrix<double> plane = study_plane(dimension);
  std::vector<StudyPair> pairs;
  for (const double norm : norms) {
    for (const double angle : angles) {
      pairs.push_back(
          pair_at(plane, norm, angle,
                  "norm " + shortest(norm) + " angle " + significant(angle, kLabelDigits)));
    }
  }
  return pairs;
}

double square_sum(const StudyPair& pair, const Kernel& kernel) {
  std::vector<double> sum(pair.x.size());
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] = pair.x[k] + pair.y[k];
  const double* const scale = dot_scale_of(kernel);
  if (scale != nullptr) {
    std::vector<double> in_metric(sum.size());
    kernels::transform_of(*metric_of(kernel), std::ssize(sum), "study")
        .apply(sum.data(), in_metric.data());
    sum = in_metric;
  }
  double z2 = 0.0;
  for (const double s : sum) z2 += s * s;
  return scale != nullptr ? *scale * z2 : z2;
}

FeatureFunction fitted(FeatureFunction features, double z2, Index dimension) {
  const RowLaw law = estimator::row_law(features);
  if (law.a != 0.0 || !law.directions.empty()) return features;
  return with_optimal_parameter(std::move(features), z2, dimension);
}

Matrix<double> normal_rows(Index count, Index dimension, double square, std::uint64_t item) {
  Matrix<double> rows(count, dimension);
  Stream(Seed{}, Purpose::study, item)
      .normals(0, {rows.data(), static_cast<std::size_t>(rows.size())});
  const double scale = std::sqrt(square / static_cast<double>(dimension));
  for (Index i = 0; i < rows.size(); ++i) rows.data()[i] *= scale;
  return rows;
}

}  // namespace bochner::study
