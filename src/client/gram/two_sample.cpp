// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/two_sample.hpp"

#include "client/gram/centred_features.hpp"
#include "client/gram/null_law.hpp"
#include "client/gram/permutation_p_value.hpp"
#include "core/door.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kTwoSampleTest("two_sample_test");
/// Assignments that are multiplied at a time.
constexpr Index kAssignments = 64;

template <Scalar T>
std::vector<double> diagonal_of(const GramApproximation<T>& gram, const Execution& execution) {
  return gram.diagonal(execution);
}
std::vector<double> diagonal_of(const ExactGram& gram, const Execution&) { return gram.diagonal(); }

/// MMD^2 of any assignment u (1 for the first sample) from u^T K u and u^T K 1.
class Discrepancy {
 public:
  template <class Gram>
  Discrepancy(const Gram& gram, Index first, const Execution& execution)
      : first_(static_cast<double>(first)),
        second_(static_cast<double>(gram.size() - first)),
        diagonal_(diagonal_of(gram, execution)),
        row_sums_(diagonal_.size()),
        trace_(std::accumulate(diagonal_.begin(), diagonal_.end(), 0.0)) {
    const std::vector<double> ones(diagonal_.size(), 1.0);
    gram.multiply(std::span(ones), std::span(row_sums_), execution);
    total_ = std::accumulate(row_sums_.begin(), row_sums_.end(), 0.0);
  }

  double of(MatrixView<const double> u, MatrixView<const double> ku, Index column) const {
    double inside = 0.0;
    double sums = 0.0;
    double diagonal = 0.0;
    for (Index i = 0; i < u.rows; ++i) {
      if (u(i, column) == 0.0) continue;
      inside += ku(i, column);
      sums += row_sums_[static_cast<std::size_t>(i)];
      diagonal += diagonal_[static_cast<std::size_t>(i)];
    }
    const double outside = total_ - 2.0 * sums + inside;
    return (inside - diagonal) / (first_ * (first_ - 1.0)) +
           (outside - (trace_ - diagonal)) / (second_ * (second_ - 1.0)) -
           2.0 * (sums - inside) / (first_ * second_);
  }
  /// The mean of the diagonal.
  double unit() const { return trace_ / (first_ + second_); }

 private:
  double first_;
  double second_;
  std::vector<double> diagonal_;
  std::vector<double> row_sums_;
  double trace_;
  double total_ = 0.0;
};

/// P((1 / n + 1 / l) sum_k lambda_k (X_k - 1) >= statistic).
double discrepancy_p_value(const std::vector<double>& lambda, double statistic, double first,
                           double second, ChiSquareLaw law) {
  const double mean = std::accumulate(lambda.begin(), lambda.end(), 0.0);
  if (mean == 0.0) return 1.0;
  const double sum = mean + statistic / (1.0 / first + 1.0 / second);
  if (!std::isfinite(sum)) kTwoSampleTest.refuse("the statistic overflows; scale the inputs down");
  return weighted_chi_square_tail(lambda, sum, law);
}

template <Scalar T>
std::vector<double> limit_weights(const GramApproximation<T>& centred, const Execution& execution) {
  return covariance_eigenvalues(kTwoSampleTest, centred.features(), execution);
}
std::vector<double> limit_weights(const ExactGram& gram, const Execution& execution) {
  return covariance_eigenvalues(kTwoSampleTest, gram, execution);
}

template <class Gram>
KernelTest test(const Gram& pooled, Index first, const KernelTestOptions& options,
                const Execution& execution) {
  const Index n = pooled.size();
  kTwoSampleTest.at_least("the number of rows of the first sample", first, 2)
      .at_least("the number of rows of the second sample", n - first, 2)
      .at_least("permutations", options.permutations, 1);
  const bool permuting = options.null == NullLaw::permutations;
  const Index permutations = permuting ? options.permutations : 0;
  const Discrepancy discrepancy(pooled, first, execution);
  KernelTest out;
  // Assignment 0 is the one given.
  for (Index done = 0; done <= permutations; done += kAssignments) {
    const Index count = std::min(kAssignments, permutations + 1 - done);
    Matrix<double> u(n, count);
    for (Index c = 0; c < count; ++c) {
      std::vector<Index> order(static_cast<std::size_t>(n));
      std::iota(order.begin(), order.end(), Index{0});
      if (done + c > 0) {
        order = random_permutation(
            Stream(options.seed, Purpose::permutation, static_cast<std::uint64_t>(done + c)), n);
      }
      for (Index i = 0; i < first; ++i) u(order[static_cast<std::size_t>(i)], c) = 1.0;
    }
    Matrix<double> ku(n, count);
    pooled.multiply(u.view(), ku.view(), execution);
    for (Index c = 0; c < count; ++c) {
      const double value = discrepancy.of(u.view(), ku.view(), c);
      if (done + c == 0) {
        out.statistic = value;
      } else {
        out.permuted.push_back(value);
      }
    }
  }
  if (permuting) {
    set_p_value(out, discrepancy.unit());
  } else {
    out.p_value = discrepancy_p_value(limit_weights(pooled, execution), out.statistic,
                                      static_cast<double>(first), static_cast<double>(n - first),
                                      options.law);
  }
  return out;
}

}  // namespace

template <Scalar T>
KernelTest two_sample_test(const GramApproximation<T>& pooled, Index first_rows,
                           const KernelTestOptions& options, const Execution& execution) {
  // MMD^2 does not change when a vector is added to all features.
  return test(centred_rows(kTwoSampleTest, pooled), first_rows, options, execution);
}

KernelTest two_sample_test(const ExactGram& pooled, Index first_rows,
                           const KernelTestOptions& options, const Execution& execution) {
  return test(pooled, first_rows, options, execution);
}

template <Scalar T>
KernelTest two_sample_test(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                           const KernelTestOptions& options, const Execution& execution) {
  kTwoSampleTest.columns("x", x, map.input_dim(), "the map's input_dim")
      .columns("y", y, map.input_dim(), "the map's input_dim");
  Matrix<T> pooled(x.rows + y.rows, x.cols);
  for (Index i = 0; i < pooled.rows(); ++i) {
    for (Index k = 0; k < x.cols; ++k) {
      pooled(i, k) = i < x.rows ? x(i, k) : y(i - x.rows, k);
    }
  }
  return two_sample_test(GramApproximation<T>(map, pooled.view(), {}, execution), x.rows, options,
                         execution);
}

template KernelTest two_sample_test(const GramApproximation<float>&, Index,
                                    const KernelTestOptions&, const Execution&);
template KernelTest two_sample_test(const GramApproximation<double>&, Index,
                                    const KernelTestOptions&, const Execution&);
template KernelTest two_sample_test(const FeatureMap<float>&, MatrixView<const float>,
                                    MatrixView<const float>, const KernelTestOptions&,
                                    const Execution&);
template KernelTest two_sample_test(const FeatureMap<double>&, MatrixView<const double>,
                                    MatrixView<const double>, const KernelTestOptions&,
                                    const Execution&);

}  // namespace bochner
