// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/study.hpp"

#include "bochner/estimator/variance.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <span>

namespace bochner::cli {
namespace {

Matrix<double> stacked(const std::vector<StudyPair>& pairs, std::vector<double> StudyPair::*side) {
  Matrix<double> rows(static_cast<Index>(pairs.size()),
                      static_cast<Index>((pairs.front().*side).size()));
  for (Index i = 0; i < rows.rows(); ++i) {
    std::copy_n((pairs[static_cast<std::size_t>(i)].*side).data(), rows.cols(), rows.row(i));
  }
  return rows;
}

/// Estimates of one draw: for each pair, for each number of frequencies in the list.
class Draw {
 public:
  Draw(const StudyGroup& group, const Matrix<double>& x, const Matrix<double>& y, Seed seed)
      : frequencies_(group.frequencies) {
    FeatureMapSpec spec = group.spec;
    spec.num_frequencies = *std::max_element(frequencies_.begin(), frequencies_.end());
    spec.seed = seed;
    const FeatureMap<double> map(spec);
    most_ = spec.num_frequencies;
    phi_x_ = Matrix<double>(x.rows(), map.num_features());
    phi_y_ = phi_x_;
    a_.resize(static_cast<std::size_t>(x.rows()));
    b_.resize(a_.size());
    map.apply(Side::query, x.view(), {phi_x_.view(), a_}, Execution{1});
    map.apply(Side::key, y.view(), {phi_y_.view(), b_}, Execution{1});
  }

  /// The estimate of pair `i` from the first m frequencies of each of the columns' halves: the map
  /// with m frequencies has these columns times sqrt(most / m).
  void estimates(Index i, double* out) const {
    const Index halves = phi_x_.cols() / most_;
    double sum = 0.0;
    Index used = 0;
    for (std::size_t f = 0; f < frequencies_.size(); ++f) {
      for (; used < frequencies_[f]; ++used) {
        for (Index half = 0; half < halves; ++half) {
          const Index column = half * most_ + used;
          sum += phi_x_(i, column) * phi_y_(i, column);
        }
      }
      const double scale = static_cast<double>(most_) / static_cast<double>(frequencies_[f]);
      out[f] = std::ldexp(sum * scale,
                          a_[static_cast<std::size_t>(i)] + b_[static_cast<std::size_t>(i)]);
    }
  }

 private:
  std::vector<Index> frequencies_;
  Index most_ = 0;
  Matrix<double> phi_x_;
  Matrix<double> phi_y_;
  std::vector<std::int32_t> a_;
  std::vector<std::int32_t> b_;
};

/// Mean, variance and their standard errors about a known exact value.
void measure(const std::vector<double>& values, StudyCell& cell) {
  const auto n = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double value : values) mean += value / n;
  double second = 0.0;
  double fourth = 0.0;
  double square = 0.0;
  for (const double value : values) {
    const double deviation = (value - mean) * (value - mean);
    second += deviation;
    fourth += deviation * deviation / n;
    square += (value - cell.exact) * (value - cell.exact) / n;
  }
  const double variance = second / (n - 1.0);
  cell.measured_bias = mean - cell.exact;
  cell.measured_bias_error = std::sqrt(variance / n);
  cell.measured_variance = variance;
  cell.measured_variance_error = std::sqrt(std::max(fourth - variance * variance, 0.0) / n);
  cell.measured_relative_error = std::sqrt(square) / cell.exact;
}

}  // namespace

std::vector<StudyCell> study(const StudyGroup& group, const std::vector<StudyPair>& pairs,
                             Seed seed, Index replicates, const Execution& execution,
                             const std::function<void()>& advance) {
  StudyGroup sorted = group;
  std::sort(sorted.frequencies.begin(), sorted.frequencies.end());
  const auto sizes = sorted.frequencies.size();
  const Matrix<double> x = stacked(pairs, &StudyPair::x);
  const Matrix<double> y = stacked(pairs, &StudyPair::y);

  // Row r: the estimates of replicate r, pair by pair.
  Matrix<double> estimates(replicates, static_cast<Index>(pairs.size() * sizes));
  std::mutex advancing;
  parallel_for_blocks(replicates, execution, [&](Index r, int) {
    const Draw draw(sorted, x, y, derive_seed(seed, static_cast<std::uint64_t>(r)));
    for (Index i = 0; i < x.rows(); ++i) {
      draw.estimates(i, estimates.row(r) + i * static_cast<Index>(sizes));
    }
    const std::lock_guard lock(advancing);
    advance();
  });

  std::vector<StudyCell> cells;
  std::vector<double> values(static_cast<std::size_t>(replicates));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t f = 0; f < sizes; ++f) {
      FeatureMapSpec spec = sorted.spec;
      spec.num_frequencies = sorted.frequencies[f];
      const KernelMoments moments = kernel_moments(spec, pairs[i].x, pairs[i].y);
      StudyCell cell;
      cell.features = to_text(spec.features);
      cell.projection = to_text(spec.projection);
      cell.num_frequencies = spec.num_frequencies;
      cell.num_features = num_features(spec);
      cell.pair = pairs[i].label;
      cell.exact = moments.exact;
      cell.predicted_bias = moments.bias;
      cell.predicted_variance = moments.variance;
      cell.predicted_relative_error = moments.relative_error;
      cell.replicates = replicates;
      if (replicates == 0) {
        cells.push_back(cell);
        continue;
      }
      for (Index r = 0; r < replicates; ++r) {
        values[static_cast<std::size_t>(r)] = estimates(r, static_cast<Index>(i * sizes + f));
      }
      measure(values, cell);
      cells.push_back(cell);
    }
  }
  return cells;
}

}  // namespace bochner::cli
