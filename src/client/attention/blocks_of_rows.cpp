// SPDX-License-Identifier: Apache-2.0
#include "client/attention/blocks_of_rows.hpp"

#include "linalg/cholesky.hpp"
#include "simd/engine.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace bochner::attention_internals {
namespace {

bool is_finite(const MatrixView<const double>& x, Index row) {
  for (Index c = 0; c < x.cols; ++c) {
    if (!std::isfinite(x(row, c))) return false;
  }
  return true;
}

/// The covariance of the finite rows.
void add_covariance(const std::vector<MatrixView<const double>>& parts, Matrix<double>& sum) {
  std::vector<double> mean(static_cast<std::size_t>(sum.rows()));
  double count = 0.0;
  for (const auto& x : parts) {
    for (Index r = 0; r < x.rows; ++r) {
      if (!is_finite(x, r)) continue;
      count += 1.0;
      for (std::size_t c = 0; c < mean.size(); ++c) {
        mean[c] += (x(r, static_cast<Index>(c)) - mean[c]) / count;
      }
    }
  }
  std::vector<double> difference(mean.size());
  for (const auto& x : parts) {
    for (Index r = 0; r < x.rows; ++r) {
      if (!is_finite(x, r)) continue;
      for (std::size_t c = 0; c < mean.size(); ++c) {
        difference[c] = x(r, static_cast<Index>(c)) - mean[c];
      }
      for (std::size_t i = 0; i < mean.size(); ++i) {
        double* const row = sum.row(static_cast<Index>(i));
        for (std::size_t j = 0; j <= i; ++j) row[j] += difference[i] * difference[j] / count;
      }
    }
  }
}

class Bisection {
 public:
  Bisection(const MatrixView<const double>& x, Index rows_per_block)
      : x_(x),
        rows_per_block_(rows_per_block),
        finite_(static_cast<std::size_t>(x.rows), 1),
        place_(static_cast<std::size_t>(x.rows)),
        mean_(static_cast<std::size_t>(x.cols)),
        axis_(static_cast<std::size_t>(x.cols)) {
    for (Index r = 0; r < x.rows; ++r) finite_[static_cast<std::size_t>(r)] = is_finite(x, r);
  }

  void halve(std::span<Index> rows) {
    const auto n = static_cast<Index>(rows.size());
    if (n <= rows_per_block_) return;
    const Index blocks = (n + rows_per_block_ - 1) / rows_per_block_;
    const auto half = static_cast<std::size_t>((blocks + 1) / 2 * rows_per_block_);
    find_axis(rows);
    for (const Index row : rows) {
      place(row) = is_finite_row(row) ? along_axis(row) : std::numeric_limits<double>::infinity();
    }
    std::nth_element(
        rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(half), rows.end(),
        [&](Index a, Index b) { return place(a) < place(b) || (place(a) == place(b) && a < b); });
    halve(rows.first(half));
    halve(rows.subspan(half));
  }

 private:
  bool is_finite_row(Index row) const { return finite_[static_cast<std::size_t>(row)] != 0; }
  double& place(Index row) { return place_[static_cast<std::size_t>(row)]; }

  double along_axis(Index row) const {
    double sum = 0.0;
    for (std::size_t c = 0; c < axis_.size(); ++c) {
      sum += (x_(row, static_cast<Index>(c)) - mean_[c]) * axis_[c];
    }
    return sum;
  }

  /// Calls add(weight of a row, its difference to the mean) for the finite rows.
  template <class Add>
  void for_each_difference(std::span<const Index> rows, const Add& add) const {
    for (const Index row : rows) {
      if (!is_finite_row(row)) continue;
      for (std::size_t c = 0; c < axis_.size(); ++c) {
        add(row, c, x_(row, static_cast<Index>(c)) - mean_[c]);
      }
    }
  }

  /// A few steps of the power method, from the column of the largest variance.
  void find_axis(std::span<const Index> rows) {
    constexpr int kSteps = 12;
    std::fill(mean_.begin(), mean_.end(), 0.0);
    std::vector<double> sum(mean_.size());
    double count = 0.0;
    for (const Index row : rows) count += is_finite_row(row) ? 1.0 : 0.0;
    for_each_difference(rows, [&](Index, std::size_t c, double x) { sum[c] += x / count; });
    mean_ = sum;
    std::fill(sum.begin(), sum.end(), 0.0);
    for_each_difference(rows, [&](Index, std::size_t c, double x) { sum[c] += x * x; });
    const auto widest = std::max_element(sum.begin(), sum.end()) - sum.begin();
    std::fill(axis_.begin(), axis_.end(), 0.0);
    axis_[static_cast<std::size_t>(widest)] = 1.0;
    for (int step = 0; step < kSteps; ++step) {
      for (const Index row : rows) place(row) = along_axis(row);
      std::fill(sum.begin(), sum.end(), 0.0);
      for_each_difference(rows,
                          [&](Index row, std::size_t c, double x) { sum[c] += place(row) * x; });
      double largest = 0.0;
      for (const double a : sum) largest = std::max(largest, std::abs(a));
      if (!(largest > 0.0) || std::isinf(largest)) return;
      double square = 0.0;
      for (double& a : sum) a /= largest;
      for (const double a : sum) square += a * a;
      for (std::size_t c = 0; c < axis_.size(); ++c) axis_[c] = sum[c] / std::sqrt(square);
    }
  }

  const MatrixView<const double>& x_;
  Index rows_per_block_;
  std::vector<char> finite_;  ///< by row
  std::vector<double> place_;
  std::vector<double> mean_;
  std::vector<double> axis_;
};

}  // namespace

Matrix<double> in_metric_of(const std::vector<MatrixView<const double>>& others,
                            const MatrixView<const double>& x) {
  const Index dim = x.cols;
  Matrix<double> root(dim, simd::padded<double>(dim));
  add_covariance(others, root);
  double trace = 0.0;
  for (Index c = 0; c < dim; ++c) trace += root(c, c);
  constexpr double kRidge = 1e-9;  // of the trace, for covariances that are not of full rank
  for (Index c = 0; c < dim; ++c) root(c, c) += kRidge * trace;
  Matrix<double> out(x.rows, dim);
  const bool positive =
      trace > 0.0 && !linalg::cholesky({root.data(), dim, dim, root.cols(), 1}).has_value();
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < dim; ++c) {
      if (!positive) {
        out(r, c) = x(r, c);
        continue;
      }
      double sum = 0.0;
      for (Index k = c; k < dim; ++k) sum += root(c, k) * x(r, k);
      out(r, c) = sum;
    }
  }
  return out;
}

BlocksOfRows given_blocks(Index rows, Index rows_per_block) {
  BlocksOfRows blocks{std::vector<Index>(static_cast<std::size_t>(rows)), rows_per_block};
  std::iota(blocks.order.begin(), blocks.order.end(), Index{0});
  return blocks;
}

BlocksOfRows bisected_blocks(const MatrixView<const double>& x, Index rows_per_block) {
  BlocksOfRows blocks = given_blocks(x.rows, rows_per_block);
  Bisection(x, rows_per_block).halve(blocks.order);
  for (Index b = 0; b < blocks.count(); ++b) {
    std::sort(blocks.order.begin() + blocks.first(b), blocks.order.begin() + blocks.end(b));
  }
  return blocks;
}

}  // namespace bochner::attention_internals
