// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

namespace bochner::estimator {

/// log(e^a + e^b).
inline double log_sum(double a, double b) {
  const double top = a > b ? a : b;
  return std::isinf(top) ? top : top + std::log(std::exp(a - top) + std::exp(b - top));
}

/// A sum of exponentials, by its logarithm.
class LogSum {
 public:
  /// Adds sum exp(top).
  void add(double sum, double top) {
    if (sum == 0.0) return;
    if (top > top_) {
      sum_ = sum_ * std::exp(top_ - top) + sum;
      top_ = top;
    } else {
      sum_ += sum * std::exp(top - top_);
    }
  }
  void add(const LogSum& other) { add(other.sum_, other.top_); }

  double log() const { return std::log(sum_) + top_; }

 private:
  double sum_ = 0.0;
  double top_ = -std::numeric_limits<double>::infinity();
};

}  // namespace bochner::estimator
