// SPDX-License-Identifier: Apache-2.0
#include "study/matrix_study.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "core/parallel.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <mutex>

namespace bochner::study {
namespace {

Matrix<double> exact_matrix(const FeatureMapSpec& spec, const MatrixStudyPlan& plan) {
  Matrix<double> out(plan.queries.rows(), plan.keys.rows());
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index j = 0; j < out.cols(); ++j) {
      out(i, j) = evaluate(spec.kernel, plan.queries.row(i), plan.keys.row(j), plan.keys.cols());
    }
  }
  return out;
}

struct Features {
  Matrix<double> phi;
  std::vector<std::int32_t> exponent;
};

Features features_of(const FeatureMap<double>& map, Side side, const Matrix<double>& rows) {
  Features out{Matrix<double>(rows.rows(), map.num_features()),
               std::vector<std::int32_t>(static_cast<std::size_t>(rows.rows()))};
  map.apply(side, rows.view(), {out.phi.view(), out.exponent}, Execution{1});
  return out;
}

/// Squared relative errors of one draw, one a number of frequencies.
void errors_of(const FeatureMap<double>& map, const MatrixStudyPlan& plan,
               const Matrix<double>& exact, double* out) {
  const Index most = plan.frequencies.back();
  const Index halves = map.num_features() / most;
  const Features phi = features_of(map, Side::query, plan.queries);
  const Features psi = features_of(map, Side::key, plan.keys);
  const Index keys = plan.keys.rows();
  const Index ld = simd::padded<double>(keys);
  Matrix<double> transposed(psi.phi.cols(), ld);
  for (Index j = 0; j < keys; ++j) {
    for (Index k = 0; k < transposed.rows(); ++k) transposed(k, j) = psi.phi(j, k);
  }
  Matrix<double> sum(exact.rows(), ld);
  Matrix<double> part(exact.rows(), ld);
  Index used = 0;
  for (const Index wanted : plan.frequencies) {
    for (Index half = 0; half < halves; ++half) {
      const Index first = half * most + used;
      for (Index row = 0; row < exact.rows(); row += simd::kBlockRows) {
        simd::kernels<double>().contract(phi.phi.row(row) + first, phi.phi.cols(),
                                         std::min(simd::kBlockRows, exact.rows() - row),
                                         wanted - used, transposed.row(first), ld, keys,
                                         part.row(row), ld);
      }
      for (Index i = 0; i < sum.size(); ++i) sum.data()[i] += part.data()[i];
    }
    used = wanted;
    // The map with `wanted` frequencies has these columns times sqrt(most / wanted).
    const double scale = static_cast<double>(most) / static_cast<double>(wanted);
    double error = 0.0;
    double norm = 0.0;
    for (Index i = 0; i < exact.rows(); ++i) {
      for (Index j = 0; j < keys; ++j) {
        const int exponent =
            phi.exponent[static_cast<std::size_t>(i)] + psi.exponent[static_cast<std::size_t>(j)];
        const double difference = std::ldexp(scale * sum(i, j), exponent) - exact(i, j);
        error += difference * difference;
        norm += exact(i, j) * exact(i, j);
      }
    }
    *out++ = error / norm;
  }
}

void summarise(const Matrix<double>& errors, Index column, MatrixStudyCell& cell) {
  const auto n = static_cast<double>(errors.rows());
  double mean = 0.0;
  for (Index r = 0; r < errors.rows(); ++r) mean += errors(r, column) / n;
  cell.measured = std::sqrt(mean);
  if (errors.rows() < 2 || mean == 0.0) return;
  double variance = 0.0;
  for (Index r = 0; r < errors.rows(); ++r) {
    variance += std::pow(errors(r, column) - mean, 2) / (n - 1.0);
  }
  // The delta method: d sqrt(u) = du / (2 sqrt(u)).
  cell.measured_error = std::sqrt(variance / n) / (2.0 * cell.measured);
}

}  // namespace

std::vector<MatrixStudyCell> study_matrix(const MatrixStudyPlan& plan, const Execution& execution,
                                          Watcher* watcher) {
  std::vector<MatrixStudyCell> cells;
  Progress progress(watcher, {"variance, matrix", static_cast<double>(plan.redraws) *
                                                      static_cast<double>(plan.maps.size())});
  std::mutex advancing;
  for (std::size_t m = 0; m < plan.maps.size(); ++m) {
    FeatureMapSpec spec = plan.maps[m];
    spec.num_frequencies = plan.frequencies.back();
    const GramErrorCurve curve =
        gram_error_curve<double>(spec, plan.queries.view(), plan.keys.view(), execution);
    const Matrix<double> exact = exact_matrix(spec, plan);
    Matrix<double> errors(plan.redraws, static_cast<Index>(plan.frequencies.size()));
    parallel_for_blocks(plan.redraws, execution, [&](Index r, int /*worker*/) {
      FeatureMapSpec redrawn = spec;
      redrawn.seed = derive_seed(plan.seed, static_cast<std::uint64_t>(r));
      errors_of(FeatureMap<double>(redrawn), plan, exact, errors.row(r));
      const std::lock_guard lock(advancing);
      progress.advance(1.0);
    });
    for (std::size_t f = 0; f < plan.frequencies.size(); ++f) {
      spec.num_frequencies = plan.frequencies[f];
      MatrixStudyCell cell;
      cell.label = plan.labels[m];
      cell.features = to_text(spec.features);
      cell.projection = to_text(spec.projection);
      cell.num_frequencies = spec.num_frequencies;
      cell.num_features = num_features(spec);
      cell.predicted = curve.at(spec.num_frequencies).relative_error;
      if (plan.redraws > 0) summarise(errors, static_cast<Index>(f), cell);
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

}  // namespace bochner::study
