// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_passes.hpp"

#include "client/attention/checks.hpp"
#include "client/attention/exact_forward.hpp"
#include "client/attention/key_subsets.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace bochner::attention_internals {

template <Scalar T>
BlockPass<T>::BlockPass(const BlockedQueries<T>& queries, const ExactKernel& kernel,
                        const AttentionInputs<T>& inputs)
    : queries_(queries),
      inputs_(inputs),
      call_{queries.keys.call.door,
            kernel,
            inputs_,
            queries.keys.options,
            {},
            queries.keys.problem_of(inputs.queries.extent(3)),
            {}} {}

template <Scalar T>
void BlockPass<T>::add(AttentionSequence part, ExactGroup group) {
  if (part.num_keys == 0) return;
  const auto first = call_.groups.size();
  call_.groups.resize(first + static_cast<std::size_t>(call_.problem.key_heads));
  call_.groups[first + static_cast<std::size_t>(queries_.keys.key_head)] = std::move(group);
  call_.problem.sequences.push_back(std::move(part));
}

template <Scalar T>
void BlockPass<T>::add_rows(RowSums<T>& sums) const {
  exact_rows(call_, queries_.target(sums), queries_.keys.call.execution);
}

template <Scalar T>
void BlockPass<T>::add_normalisers(RowSums<T>& sums) {
  const TensorView<const T, 4> values = std::exchange(inputs_.values, no_values(inputs_.keys));
  const Index value_dim = std::exchange(call_.problem.value_dim, 0);
  add_rows(sums);
  inputs_.values = values;
  call_.problem.value_dim = value_dim;
}

template <Scalar T>
ChosenKeys<T>::ChosenKeys(const BlockedQueries<T>& queries)
    : BlockPass<T>(queries, queries.keys.exact.kernel,
                   {queries.queries, queries.keys.keys, queries.keys.values}) {
  const BlocksOfRows& blocks = queries.keys.blocks;
  const AttentionSequence all = queries.keys.all_keys();
  for (Index b = 0; b < queries.blocks.count(); ++b) {
    AttentionSequence part = queries.block(b);
    part.first_key = all.first_key;
    if (all.until) part.until = *all.until + queries.blocks.first(b);
    std::vector<Index> live;
    for (const Index block : queries.choices[static_cast<std::size_t>(b)].exact) {
      for (Index r = blocks.first(block); r < blocks.end(block); ++r) {
        part.live.push_back(all.position(r));
        live.push_back(blocks.row(r));
      }
    }
    part.num_keys = static_cast<Index>(live.size());
    part = trimmed(std::move(part));
    live.resize(static_cast<std::size_t>(part.num_keys));
    this->add(std::move(part), queries.keys.sizes().pick(live));
  }
}

template <Scalar T>
Matrix<T> MeansOfRest<T>::lengthened(const BlockedQueries<T>& queries) {
  const BlockMeans& means = queries.keys.means;
  Matrix<T> longer(queries.blocks.rows(), means.rows().cols());
  std::vector<double> row(static_cast<std::size_t>(longer.cols()));
  for (Index r = 0; r < longer.rows(); ++r) {
    means.lengthen(queries.rows.row(queries.blocks.row(r)), row.data());
    std::transform(row.begin(), row.end(), longer.row(r),
                   [](double x) { return static_cast<T>(x); });
  }
  return longer;
}

template <Scalar T>
MeansOfRest<T>::MeansOfRest(const BlockedQueries<T>& queries, Matrix<T> longer)
    : BlockPass<T>(queries, ExactKernel(queries.keys.call.door, SoftmaxKernel{1.0}, longer.cols()),
                   {queries.keys.of_all_heads(std::as_const(longer).view()),
                    queries.keys.of_all_heads(queries.keys.mean_keys.view()),
                    queries.keys.of_all_heads(queries.keys.mean_values.view())}),
      longer_(std::move(longer)) {  // which does not move its elements
  const BlockedKeys<T>& keys = queries.keys;
  AttentionProblem problem = keys.problem_of(longer_.cols());
  AttentionSequence all = queries.block(0);
  all.num_queries = longer_.rows();
  all.num_keys = keys.blocks.count();
  problem.sequences = {all};
  const ExactCall<T> whole =
      exact_pass<T>(keys.call.door, SoftmaxKernel{1.0}, this->inputs(), keys.options, {},
                    std::move(problem), keys.call.execution);
  const ExactGroup& measured = whole.group(whole.problem.sequences.front(), keys.key_head);
  for (Index b = 0; b < queries.blocks.count(); ++b) {
    AttentionSequence part = queries.block(b);
    part.live = queries.choices[static_cast<std::size_t>(b)].rest;
    part.num_keys = static_cast<Index>(part.live.size());
    ExactGroup group = measured.pick(part.live);
    this->add(std::move(part), std::move(group));
  }
}

template class BlockPass<float>;
template class BlockPass<double>;
template class ChosenKeys<float>;
template class ChosenKeys<double>;
template class MeansOfRest<float>;
template class MeansOfRest<double>;

}  // namespace bochner::attention_internals
