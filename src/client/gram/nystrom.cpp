// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/nystrom.hpp"

#include "client/gram/feature_source.hpp"
#include "client/gram/partial_cholesky.hpp"
#include "core/door.hpp"
#include "linalg/cholesky.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace bochner {
namespace {

using gram::PartialCholesky;

constexpr Door kNystrom("nystrom");

/// Columns that are taken, or proposed, together.
constexpr Index kTogether = 64;

/// All rows, in an order in which each prefix is a sample without replacement with probabilities in
/// proportion to `weights`: ascending exponential times [Efraimidis06].
std::vector<Index> weighted_order(const std::vector<double>& weights, Seed seed) {
  const Stream stream(seed, Purpose::study);
  std::vector<double> time(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    time[i] = -std::log(stream.uniform(i)) / weights[i];
  std::vector<Index> order(weights.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) {
    const double left = time[static_cast<std::size_t>(a)];
    const double right = time[static_cast<std::size_t>(b)];
    return left != right ? left < right : a < b;
  });
  return order;
}

/// Takes the first `rank` of the order.
void take_first(PartialCholesky& cholesky, const std::vector<Index>& order, Index rank,
                const Execution& execution) {
  for (Index first = 0; first < rank; first += kTogether) {
    const Index count = std::min(kTogether, rank - first);
    cholesky.add(
        std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
        [](Index, double) { return true; }, execution);
  }
}

/// phi_i^T (F^T F + l I)^-1 phi_i + (K_ii - |phi_i|^2) / l, at most 1, where l is the trace that F
/// leaves over its rank: at least the ridge leverage score of row i for that ridge, up to rounding.
std::vector<double> leverage_scores(const PartialCholesky& cholesky, const Execution& execution) {
  const MatrixView<const double> f = cholesky.factor();
  const double ridge = std::max(cholesky.residual_trace(), 1e-12 * cholesky.trace()) /
                       static_cast<double>(cholesky.rank());
  Matrix<double> a(f.cols, simd::padded<double>(f.cols));
  simd::kernels<double>().cross_update(f.data, f.row_stride, f.cols, f.data, f.row_stride, f.cols,
                                       f.rows, a.data(), a.cols());
  for (Index j = 0; j < f.cols; ++j) a(j, j) += ridge;
  const auto r = a.view().middle_cols(0, f.cols);
  std::vector<double> scores(static_cast<std::size_t>(f.rows), 1.0);
  if (linalg::cholesky(r, execution)) return scores;
  constexpr Index kStrip = 512;
  Matrix<double> strip(f.cols, kStrip);
  for (Index first = 0; first < f.rows; first += kStrip) {
    const Index count = std::min(kStrip, f.rows - first);
    for (Index i = 0; i < count; ++i) {
      for (Index j = 0; j < f.cols; ++j) strip(j, i) = f(first + i, j);
    }
    linalg::solve_transposed(r, strip.view().middle_cols(0, count), execution);
    for (Index i = 0; i < count; ++i) {
      const auto row = static_cast<std::size_t>(first + i);
      double score = cholesky.residual()[row] / ridge;
      for (Index j = 0; j < f.cols; ++j) score += strip(j, i) * strip(j, i);
      scores[row] = std::min(score, 1.0);
    }
  }
  return scores;
}

void take_by_leverage(PartialCholesky& cholesky, const ExactGram& gram,
                      const NystromOptions& options, const Execution& execution) {
  PartialCholesky pilot(gram, options.rank);
  const std::vector<double> ones(static_cast<std::size_t>(gram.size()), 1.0);
  take_first(pilot, weighted_order(ones, derive_seed(options.seed, 1)), options.rank, execution);
  take_first(cholesky, weighted_order(leverage_scores(pilot, execution), options.seed),
             options.rank, execution);
}

void take_at_random(PartialCholesky& cholesky, Seed seed, const Execution& execution) {
  const double end = 1e-14 * cholesky.trace();
  std::vector<double> sums(cholesky.residual().size());
  for (std::uint64_t round = 0; !cholesky.full() && cholesky.residual_trace() > end; ++round) {
    const Stream stream(seed, Purpose::study, round);
    const std::vector<double>& diagonal = cholesky.residual();
    std::partial_sum(diagonal.begin(), diagonal.end(), sums.begin());
    std::vector<Index> proposed;
    std::vector<double> before;
    for (std::uint64_t k = 0; k < static_cast<std::uint64_t>(kTogether); ++k) {
      const auto at =
          std::upper_bound(sums.begin(), sums.end(), stream.uniform(2 * k) * sums.back());
      const auto row = std::min(static_cast<std::size_t>(at - sums.begin()), sums.size() - 1);
      proposed.push_back(static_cast<Index>(row));
      before.push_back(diagonal[row]);
    }
    const Index rank = cholesky.rank();
    cholesky.add(
        proposed,
        [&](Index k, double left) {
          return stream.uniform(2 * static_cast<std::uint64_t>(k) + 1) *
                     before[static_cast<std::size_t>(k)] <
                 left;
        },
        execution);
    if (cholesky.rank() == rank) return;  // only rounding is left
  }
}

}  // namespace

template <Scalar T>
Nystrom<T> nystrom(const ExactGram& gram, const NystromOptions& options,
                   const Execution& execution) {
  kNystrom.between("rank", options.rank, 1, gram.size());
  PartialCholesky cholesky(gram, options.rank);
  if (!(cholesky.trace() > 0.0)) kNystrom.refuse("the kernel vanishes on all rows");
  if (std::isinf(cholesky.trace())) {
    kNystrom.refuse("the trace of the matrix overflows; scale the inputs down");
  }
  switch (options.pivoting) {
    case Pivoting::uniform: {
      const std::vector<double> ones(static_cast<std::size_t>(gram.size()), 1.0);
      take_first(cholesky, weighted_order(ones, options.seed), options.rank, execution);
      break;
    }
    case Pivoting::ridge_leverage:
      take_by_leverage(cholesky, gram, options, execution);
      break;
    case Pivoting::randomly_pivoted:
      take_at_random(cholesky, options.seed, execution);
      break;
  }
  if (cholesky.rank() == 0) {
    kNystrom.refuse("the kernel vanishes on all rows that were drawn; a larger rank is needed");
  }
  // Rows in T carry exponents of their own, so that K^ may be as small or large as doubles are.
  return {GramApproximation<T>(std::make_shared<const gram::FeatureSource<T>>(cholesky.factor())),
          cholesky.pivots(), cholesky.residual_trace() / cholesky.trace()};
}

template Nystrom<float> nystrom(const ExactGram&, const NystromOptions&, const Execution&);
template Nystrom<double> nystrom(const ExactGram&, const NystromOptions&, const Execution&);

}  // namespace bochner
