// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_backward.hpp"

#include "client/attention/block_features_backward.hpp"
#include "client/attention/block_passes.hpp"
#include "client/attention/exact_backward.hpp"
#include "client/attention/gathered_rows.hpp"

#include <optional>
#include <utility>

namespace bochner::attention_internals {
namespace {

/// to(at(r), c) += rows(r, c), if anybody wants it.
template <Scalar T, class At>
void scatter(const Matrix<T>& rows, const TensorView<T, 4>& to, Index batch, Index head,
             const At& at) {
  if (!wanted(to)) return;
  const MatrixView<T> all = head_rows(to, batch, head);
  for (Index r = 0; r < rows.rows(); ++r) {
    const Index row = at(r);
    for (Index c = 0; c < rows.cols(); ++c) all(row, c) += rows(r, c);
  }
}

/// One key head of a sequence, head by head.
template <Scalar T>
class BlockGradient {
 public:
  BlockGradient(const BackwardCall<T>& call, const BlockedKeys<T>& keys)
      : call_(call),
        keys_(keys),
        key_rows_(all_rows(call.gradients.keys, keys.blocks.rows(), keys.bisected)),
        value_rows_(all_rows(call.gradients.values, keys.blocks.rows(), keys.bisected)),
        of_keys_(passes_of(call.gradients.keys, key_rows_)),
        of_values_(passes_of(call.gradients.values, value_rows_)) {
    if (keys.options.rest == Rest::features) features_.emplace(keys);
    if (keys.options.rest != Rest::means) return;
    if (call.of_keys()) mean_keys_ = Matrix<T>(keys.mean_keys.rows(), keys.mean_keys.cols());
    if (wanted(call.gradients.values)) {
      mean_values_ = Matrix<T>(keys.mean_values.rows(), keys.mean_values.cols());
    }
  }

  void of_head(Index head, RowSums<T>& sums) {
    const BlockedQueries<T> queries(keys_, head);
    ChosenKeys<T> chosen(queries);
    chosen.add_normalisers(sums);
    std::optional<MeansOfRest<T>> means;
    if (keys_.options.rest == Rest::means) means.emplace(queries).add_normalisers(sums);

    Matrix<T> out_rows;
    Matrix<T> slope_rows;
    Matrix<T> query_rows = all_rows(call_.gradients.queries, queries.blocks.rows(), keys_.bisected);
    const TensorView<const T, 4> out = queries.in_order(call_.out, out_rows);
    const TensorView<const T, 4> out_gradient = queries.in_order(call_.out_gradient, slope_rows);
    const AttentionGradients<T> gradients{
        keys_.bisected ? passes_of(call_.gradients.queries, query_rows)
                       : middle_rows(call_.gradients.queries, keys_.sequence.first_query,
                                     keys_.sequence.num_queries),
        of_keys_, of_values_};
    if (features_) {
      block_features_gradient(*features_, keys_, queries,
                              {call_.forward, out, out_gradient, gradients}, sums);
    }
    const RowTotals<T> totals = queries.totals(sums);
    exact_gradient<T>(chosen.call(), {out, out_gradient, gradients, &totals},
                      shared_tiles(chosen.call().problem), call_.forward.execution);
    if (means) pull_means(queries, *means, {out, out_gradient, gradients, &totals});
    if (keys_.bisected) {
      scatter(query_rows, call_.gradients.queries, keys_.sequence.batch, head,
              [&](Index r) { return queries.places[static_cast<std::size_t>(r)]; });
    }
  }

  /// What heads have left for the keys in other places than their own.
  void finish() {
    const auto at = [&](Index r) { return keys_.row_in_call(r); };
    if (keys_.options.rest == Rest::means) spread_means();
    if (!keys_.bisected) return;
    scatter(key_rows_, call_.gradients.keys, keys_.sequence.batch, keys_.key_head, at);
    scatter(value_rows_, call_.gradients.values, keys_.sequence.batch, keys_.key_head, at);
  }

 private:
  /// Zeros where passes are to leave gradients of copied rows.
  static Matrix<T> all_rows(const TensorView<T, 4>& gradient, Index rows, bool copies) {
    return wanted(gradient) && copies ? Matrix<T>(rows, gradient.extent(3)) : Matrix<T>();
  }
  TensorView<T, 4> passes_of(const TensorView<T, 4>& gradient, Matrix<T>& rows) const {
    if (!wanted(gradient) || !keys_.bisected) return gradient;
    return for_all_heads(rows.view(), gradient.extent(0), call_.forward.problem.heads);
  }
  TensorView<T, 4> of_all_heads(Matrix<T>& rows) const {
    if (rows.size() == 0) return {};
    return for_all_heads(rows.view(), call_.out.extent(0), call_.forward.problem.heads);
  }

  /// From the gradients of longer rows to those of queries; those of means wait for all heads.
  void pull_means(const BlockedQueries<T>& queries, const MeansOfRest<T>& means,
                  const ExactSlopes<T>& slopes) {
    Matrix<T> longer;
    if (call_.of_queries()) longer = Matrix<T>(queries.rows.rows(), keys_.mean_keys.cols());
    const AttentionGradients<T> gradients{of_all_heads(longer), of_all_heads(mean_keys_),
                                          of_all_heads(mean_values_)};
    exact_gradient<T>(means.call(), {slopes.out, slopes.out_gradient, gradients, slopes.totals},
                      shared_tiles(means.call().problem), call_.forward.execution);
    if (!call_.of_queries()) return;
    Matrix<double> pulled(longer.rows(), queries.rows.cols());
    std::vector<double> slope(static_cast<std::size_t>(longer.cols()));
    for (Index r = 0; r < longer.rows(); ++r) {
      std::copy_n(longer.row(r), longer.cols(), slope.begin());
      keys_.means.pull_query(queries.rows.row(queries.blocks.row(r)), slope.data(), pulled.row(r));
    }
    scatter(from_transformed(pulled), call_.gradients.queries, keys_.sequence.batch, queries.head,
            [&](Index r) { return queries.places[static_cast<std::size_t>(r)]; });
  }

  /// From the gradients of means to those of keys and values.
  void spread_means() {
    const BlocksOfRows& blocks = keys_.blocks;
    const auto in_call = [&](Index k) {
      return keys_.sequence.first_key + keys_.sequence.position(k);
    };
    if (call_.of_keys()) {
      Matrix<double> pulled(keys_.rows.rows(), keys_.rows.cols());
      std::vector<double> slope(static_cast<std::size_t>(mean_keys_.cols()));
      for (Index b = 0; b < blocks.count(); ++b) {
        std::copy_n(mean_keys_.row(b), mean_keys_.cols(), slope.begin());
        keys_.means.pull_keys(keys_.rows.view(), blocks, b, slope.data(), pulled);
      }
      scatter(from_transformed(pulled), call_.gradients.keys, keys_.sequence.batch, keys_.key_head,
              in_call);
    }
    if (!wanted(call_.gradients.values)) return;
    Matrix<T> values(blocks.rows(), mean_values_.cols());
    for (Index b = 0; b < blocks.count(); ++b) {
      const auto n = static_cast<T>(blocks.end(b) - blocks.first(b));
      for (Index r = blocks.first(b); r < blocks.end(b); ++r) {
        for (Index c = 0; c < values.cols(); ++c) {
          values(blocks.row(r), c) = mean_values_(b, c) / n;
        }
      }
    }
    scatter(values, call_.gradients.values, keys_.sequence.batch, keys_.key_head, in_call);
  }

  /// The gradients of rows from those of A(row - c).
  Matrix<T> from_transformed(const Matrix<double>& slopes) const {
    Matrix<T> out(slopes.rows(), slopes.cols());
    keys_.exact.kernel.template transform_gradient<T, double>(ExactRange::ordinary, slopes,
                                                              out.view());
    return out;
  }

  const BackwardCall<T>& call_;
  const BlockedKeys<T>& keys_;
  Matrix<T> key_rows_;  ///< gradients of the keys that passes read, where they read copies
  Matrix<T> value_rows_;
  TensorView<T, 4> of_keys_;  ///< where passes leave gradients
  TensorView<T, 4> of_values_;
  std::optional<BlockFeatures<T>> features_;
  Matrix<T> mean_keys_;  ///< gradients of longer rows and mean values, by block
  Matrix<T> mean_values_;
};

}  // namespace

template <Scalar T>
void block_gradient(const BackwardCall<T>& call, const AttentionOptions& options) {
  const AttentionProblem& problem = call.forward.problem;
  RowSums<T> sums = normaliser_sums<T>(call.out.extents);
  for (const HeadGroup& group : head_groups(problem)) {
    if (group.sequence->num_keys == 0) continue;
    const BlockedKeys<T> keys(call.forward, options, *group.sequence, group.key_head);
    BlockGradient<T> gradient(call, keys);
    for (Index h = 0; h < problem.heads_per_key_head; ++h) {
      gradient.of_head(group.key_head * problem.heads_per_key_head + h, sums);
    }
    gradient.finish();
  }
}

template void block_gradient<float>(const BackwardCall<float>&, const AttentionOptions&);
template void block_gradient<double>(const BackwardCall<double>&, const AttentionOptions&);

}  // namespace bochner::attention_internals
