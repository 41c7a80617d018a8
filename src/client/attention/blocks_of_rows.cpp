// SPDX-License-Identifier: Apache-2.0
#include "client/attention/blocks_of_rows.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace bochner::attention_internals {
namespace {

class Bisection {
 public:
  Bisection(const MatrixView<const double>& x, Index rows_per_block)
      : x_(x),
        rows_per_block_(rows_per_block),
        finite_(static_cast<std::size_t>(x.rows), 1),
        place_(static_cast<std::size_t>(x.rows)),
        mean_(static_cast<std::size_t>(x.cols)),
        axis_(static_cast<std::size_t>(x.cols)) {
    for (Index r = 0; r < x.rows; ++r) {
      for (Index c = 0; c < x.cols; ++c) {
        if (!std::isfinite(x(r, c))) finite_[static_cast<std::size_t>(r)] = 0;
      }
    }
  }

  void halve(std::span<Index> rows) {
    const auto n = static_cast<Index>(rows.size());
    if (n <= rows_per_block_) return;
    const Index blocks = (n + rows_per_block_ - 1) / rows_per_block_;
    const auto half = static_cast<std::size_t>((blocks + 1) / 2 * rows_per_block_);
    find_axis(rows);
    for (const Index row : rows) {
      place(row) = is_finite(row) ? along_axis(row) : std::numeric_limits<double>::infinity();
    }
    std::nth_element(
        rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(half), rows.end(),
        [&](Index a, Index b) { return place(a) < place(b) || (place(a) == place(b) && a < b); });
    halve(rows.first(half));
    halve(rows.subspan(half));
  }

 private:
  bool is_finite(Index row) const { return finite_[static_cast<std::size_t>(row)] != 0; }
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
      if (!is_finite(row)) continue;
      for (std::size_t c = 0; c < axis_.size(); ++c) {
        add(row, c, x_(row, static_cast<Index>(c)) - mean_[c]);
      }
    }
  }

  /// A few steps of the power method, from the column of the largest variance.
  void find_axis(std::span<const Index> rows) {
    constexpr int kSteps = 6;
    std::fill(mean_.begin(), mean_.end(), 0.0);
    std::vector<double> sum(mean_.size());
    double count = 0.0;
    for (const Index row : rows) count += is_finite(row) ? 1.0 : 0.0;
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
