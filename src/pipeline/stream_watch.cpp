// SPDX-License-Identifier: Apache-2.0
#include "pipeline/stream_watch.hpp"

#include "core/door.hpp"
#include "kernel/median_distance.hpp"
#include "pipeline/column_moments.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace bochner::pipeline {
namespace {

constexpr Door kWatch("watch");

FeatureMapSpec spec_of(Index columns, const WatchRequest& request, double lengthscale) {
  return {.input_dim = columns,
          .num_frequencies = request.num_frequencies,
          .kernel = GaussianKernel{Isotropic{lengthscale}},
          .projection = OrthogonalProjection{},
          .features = TrigonometricFeatures{},
          .seed = request.seed,
          .transform = {}};
}

}  // namespace

StreamWatch::StreamWatch(Index columns, const WatchRequest& request) : request_(request) {
  kWatch.at_least("learned rows", request.learned, 2);
  // Options are refused before the first row has come.
  static_cast<void>(
      ChangeDetector<double>(FeatureMap<double>(spec_of(columns, request, 1.0)), request.detector));
  learned_ = Matrix<double>(request.learned, columns);
}

void StreamWatch::learn() {
  for (Index k = 0; k < learned_.cols(); ++k) {
    ColumnMoments moments;
    for (Index i = 0; i < learned_.rows(); ++i) moments.add(learned_(i, k));
    units_.centre.push_back(moments.mean());
    // A column that does not vary yet is measured in its own size.
    const double own = moments.mean() == 0.0 ? 1.0 : std::abs(moments.mean());
    units_.scale.push_back(moments.constant() ? own : moments.deviation());
  }
  Matrix<double> rows(learned_.rows(), learned_.cols());
  units_.apply<double>(std::as_const(learned_).view(), rows.view());
  const double median = kernels::median_distance(std::as_const(rows).view());
  // Of rows that mostly repeat one another the root mean square distance says more.
  const double lengthscale =
      median > 0.0 ? median : std::sqrt(2.0 * static_cast<double>(rows.cols()));
  detector_.emplace(FeatureMap<double>(spec_of(rows.cols(), request_, lengthscale)),
                    request_.detector);
  learned_ = Matrix<double>();
}

std::optional<Change> StreamWatch::add(MatrixView<const double> row) {
  if (learning()) {
    for (Index k = 0; k < row.cols; ++k) learned_(num_rows_, k) = row(0, k);
    if (++num_rows_ == request_.learned) learn();
    return std::nullopt;
  }
  Matrix<double> standardised(1, row.cols);
  units_.apply<double>(row, standardised.view(), num_rows_);
  const std::vector<Change> found = detector_->add(std::as_const(standardised).view(), {1});
  ++num_rows_;
  if (found.empty()) return std::nullopt;
  Change change = found.front();
  change.found += request_.learned;
  change.position += request_.learned;
  return change;
}

}  // namespace bochner::pipeline
