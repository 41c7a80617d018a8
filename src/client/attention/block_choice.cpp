// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_choice.hpp"

#include "core/parallel.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bochner::attention_internals {
namespace {

class Chooser {
 public:
  explicit Chooser(const HeadBlocks& head)
      : head_(head),
        block_of_(static_cast<std::size_t>(head.sequence.num_keys)),
        packed_(head.means.rows().cols(), simd::padded<double>(head.means.count())) {
    for (Index b = 0; b < head.keys.count(); ++b) {
      for (Index r = head.keys.first(b); r < head.keys.end(b); ++r) {
        block_of_[static_cast<std::size_t>(head.keys.row(r))] = b;
      }
    }
    for (const Index position : head.always) {
      always_.push_back(block_of(head.sequence.keys_before(position)));
    }
    simd::kernels<double>().pack_transposed(head.means.rows().data(), head.means.rows().cols(),
                                            head.means.count(), head.means.rows().cols(), nullptr,
                                            packed_.data());
  }

  /// For block `b` of the queries.
  BlockChoice choose(Index b, const MatrixView<const double>& x) const {
    const AttentionSequence& sequence = head_.sequence;
    const Index begin = head_.queries.first(b);
    const Index end = head_.queries.end(b);
    // With a causal mask rows are in the order given, and the first of a block sees the least.
    const Index first_end = sequence.visible_end(head_.queries.row(begin));
    const Index last_end = sequence.visible_end(head_.queries.row(end - 1));
    Index whole = head_.keys.count();  // blocks that all of the queries see
    while (whole > 0 && head_.keys.end(whole - 1) > first_end) --whole;
    Index seen = whole;  // and those that some see
    while (seen < head_.keys.count() && head_.keys.first(seen) < last_end) ++seen;

    std::vector<char> exact(static_cast<std::size_t>(seen));
    std::fill(exact.begin() + whole, exact.end(), 1);
    const auto mark = [&](Index block) {
      if (block < seen) exact[static_cast<std::size_t>(block)] = 1;
    };
    for (const Index block : always_) mark(block);
    if (head_.options.exact.window > 0) {
      for (Index r = begin; r < end; ++r) mark_window(head_.queries.row(r), mark);
    }
    for (const Index block : heaviest(begin, sequence.until ? begin + 1 : end, whole, x)) {
      mark(block);
    }
    BlockChoice choice;
    for (Index k = 0; k < seen; ++k) {
      (exact[static_cast<std::size_t>(k)] != 0 ? choice.exact : choice.rest).push_back(k);
    }
    return choice;
  }

 private:
  Index block_of(Index key) const { return block_of_[static_cast<std::size_t>(key)]; }

  template <class Mark>
  void mark_window(Index query, const Mark& mark) const {
    const AttentionSequence& sequence = head_.sequence;
    const Index centre = query + sequence.query_offset;
    const Index reach = std::min(head_.options.exact.window, kFarthest);
    const Index begin = sequence.keys_before(centre - reach + 1);
    const Index end = std::min(sequence.keys_before(centre + reach), sequence.visible_end(query));
    for (Index k = begin; k < end; ++k) mark(block_of(k));
  }

  /// The blocks among the first `whole` with the largest mass for the queries begin .. end - 1.
  std::vector<Index> heaviest(Index begin, Index end, Index whole,
                              const MatrixView<const double>& x) const {
    const Index wanted = std::min(head_.options.exact.blocks.count, whole);
    std::vector<Index> order(static_cast<std::size_t>(whole));
    std::iota(order.begin(), order.end(), Index{0});
    if (wanted == whole) return order;
    if (wanted == 0) return {};
    const std::vector<double> mass = masses(begin, end, whole, x);
    std::nth_element(order.begin(), order.begin() + wanted, order.end(), [&](Index a, Index b) {
      const double p = mass[static_cast<std::size_t>(a)];
      const double q = mass[static_cast<std::size_t>(b)];
      return p > q || (p == q && a < b);
    });
    order.resize(static_cast<std::size_t>(wanted));
    return order;
  }

  /// Sums over queries of their softmax over blocks. Rows and blocks that are not finite have none.
  std::vector<double> masses(Index begin, Index end, Index whole,
                             const MatrixView<const double>& x) const {
    const Index dim = head_.means.rows().cols();
    const Index rows = end - begin;
    Matrix<double> longer(rows, simd::padded<double>(dim));
    Matrix<double> logits(rows, packed_.cols());
    for (Index r = 0; r < rows; ++r) {
      head_.means.lengthen(x.row(head_.queries.row(begin + r)), longer.row(r));
    }
    const auto& engine = simd::kernels<double>();
    engine.project(longer.data(), longer.cols(), rows, packed_.data(), dim, whole, logits.data(),
                   logits.cols());
    std::vector<double> mass(static_cast<std::size_t>(whole));
    for (Index r = 0; r < rows; ++r) {
      double* const row = logits.row(r);
      double top = -std::numeric_limits<double>::infinity();
      for (Index k = 0; k < whole; ++k) {
        if (!std::isfinite(row[k])) row[k] = -std::numeric_limits<double>::infinity();
        top = std::max(top, row[k]);
      }
      if (std::isinf(top)) continue;
      for (Index k = 0; k < whole; ++k) row[k] -= top;
      engine.exp(row, row, whole);
      const double sum = std::accumulate(row, row + whole, 0.0);
      for (Index k = 0; k < whole; ++k) mass[static_cast<std::size_t>(k)] += row[k] / sum;
    }
    return mass;
  }

  static constexpr Index kFarthest = Index{1} << 60;

  const HeadBlocks& head_;
  std::vector<Index> block_of_;  ///< by live key
  std::vector<Index> always_;    ///< blocks
  Matrix<double> packed_;
};

}  // namespace

std::vector<BlockChoice> choose_blocks(const HeadBlocks& head, const MatrixView<const double>& x,
                                       const Execution& execution) {
  std::vector<BlockChoice> choices(static_cast<std::size_t>(head.queries.count()));
  const Chooser chooser(head);
  parallel_for_blocks(head.queries.count(), execution, [&](Index b, int) {
    choices[static_cast<std::size_t>(b)] = chooser.choose(b, x);
  });
  return choices;
}

}  // namespace bochner::attention_internals
