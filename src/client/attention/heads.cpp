// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/heads.hpp"

#include "client/attention/call_parts.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/head_maps.hpp"
#include "client/attention/rows.hpp"
#include "estimator/row_law.hpp"

#include <string>
#include <utility>

namespace bochner {

using namespace attention_internals;

namespace {

/// Checks the call, then calls body(key head, first query head, number of query heads, options).
template <Scalar T, class Body>
void for_each_key_head(const Door& door, std::span<const FeatureMap<T>> maps,
                       const AttentionInputs<T>& inputs, const AttentionOptions& options,
                       const Body& body) {
  const AttentionProblem problem = attention_problem(door, inputs, options);
  require_maps(door, maps, problem.key_heads);
  for (Index h = 0; h < problem.key_heads; ++h) {
    const Index count = problem.heads_per_key_head;
    const AttentionOptions mine = options_of_key_heads(options, h, 1);
    as_part({.query_head = h * count, .key_head = h}, [&] { body(h, h * count, count, mine); });
  }
}

template <Scalar T>
AttentionInputs<T> one_key_head(const AttentionInputs<T>& inputs, Index head, Index first,
                                Index count) {
  return {heads_of(inputs.queries, first, count), heads_of(inputs.keys, head, 1),
          heads_of(inputs.values, head, 1)};
}

/// Standard errors of all heads have one source and one number of degrees of freedom.
template <Scalar T>
void require_one_source(const Door& door, std::span<const FeatureMap<T>> maps) {
  const auto groups = [&](std::size_t h) {
    const FeatureMapSpec& spec = maps[h].spec();
    return std::pair(spec.num_frequencies, estimator::block_law(spec).size);
  };
  for (std::size_t h = 1; h < maps.size(); ++h) {
    if (groups(h) == groups(0)) continue;
    const auto words = [&](std::size_t i) {
      return std::to_string(groups(i).first) + " frequencies in blocks of " +
             std::to_string(groups(i).second);
    };
    door.refuse("maps[" + std::to_string(h) + "]", words(h), words(0) + ", as maps[0]");
  }
}

}  // namespace

HeadSpecs::HeadSpecs(const FeatureMapSpec& base) : base_(base) { validate(base); }

FeatureMapSpec HeadSpecs::operator()(Index layer, Index head) const {
  Door("HeadSpecs").at_least("layer", layer, 0).at_least("head", head, 0);
  FeatureMapSpec spec = base_;
  spec.seed = derive_seed(derive_seed(base_.seed, static_cast<std::uint64_t>(layer)),
                          static_cast<std::uint64_t>(head));
  return spec;
}

template <Scalar T>
std::vector<FeatureMap<T>> head_maps(const HeadSpecs& specs, Index layer, Index heads) {
  Door("head_maps").at_least("heads", heads, 0);
  std::vector<FeatureMap<T>> maps;
  for (Index h = 0; h < heads; ++h) maps.emplace_back(specs(layer, h));
  return maps;
}

template <Scalar T>
AttentionReport attention(std::span<const FeatureMap<T>> maps, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("attention");
  const auto& q = inputs.queries;
  require_output(kDoor, "out", out,
                 {q.extent(0), q.extent(1), q.extent(2), inputs.values.extent(3)}, inputs);
  std::vector<AttentionReport> reports;
  for_each_key_head<T>(
      kDoor, maps, inputs, options,
      [&](Index h, Index first, Index count, const AttentionOptions& mine) {
        reports.push_back(attention<T>(maps[static_cast<std::size_t>(h)],
                                       one_key_head(inputs, h, first, count),
                                       heads_of(out, first, count), mine, execution));
      });
  return total_report(reports);
}

template <Scalar T>
void attention_gradient(std::span<const FeatureMap<T>> maps, const AttentionInputs<T>& inputs,
                        TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                        const AttentionGradients<T>& gradients, const AttentionOptions& options,
                        const Execution& execution) {
  constexpr Door kDoor("attention_gradient");
  require_gradients(kDoor, inputs, out, out_gradient, gradients, options);
  for_each_key_head<T>(
      kDoor, maps, inputs, options,
      [&](Index h, Index first, Index count, const AttentionOptions& mine) {
        attention_gradient<T>(
            maps[static_cast<std::size_t>(h)], one_key_head(inputs, h, first, count),
            heads_of(out, first, count), heads_of(out_gradient, first, count),
            {heads_of(gradients.queries, first, count), heads_of(gradients.keys, h, 1),
             heads_of(gradients.values, h, 1), gates_of_key_heads(gradients.gates, h, 1)},
            mine, execution);
      });
}

template <Scalar T>
AttentionErrorReport attention_with_error(std::span<const FeatureMap<T>> maps,
                                          const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                          TensorView<T, 4> standard_error,
                                          const AttentionOptions& options,
                                          const AttentionErrorOptions& error_options,
                                          const Execution& execution) {
  constexpr Door kDoor("attention_with_error");
  require_errors(kDoor, inputs, out, standard_error);
  require_one_source(kDoor, maps);
  AttentionErrorReport total;
  std::vector<AttentionReport> reports;
  for_each_key_head<T>(kDoor, maps, inputs, options,
                       [&](Index h, Index first, Index count, const AttentionOptions& mine) {
                         total = attention_with_error<T>(maps[static_cast<std::size_t>(h)],
                                                         one_key_head(inputs, h, first, count),
                                                         heads_of(out, first, count),
                                                         heads_of(standard_error, first, count),
                                                         mine, error_options, execution);
                         reports.push_back(total.attention);
                       });
  total.attention = total_report(reports);
  return total;
}

template <Scalar T>
std::vector<AttentionComparison> attention_report(std::span<const FeatureMap<T>> maps,
                                                  const AttentionInputs<T>& inputs,
                                                  Index sample_rows,
                                                  const AttentionOptions& options,
                                                  const Execution& execution) {
  std::vector<AttentionComparison> comparisons;
  for_each_key_head<T>(Door("attention_report"), maps, inputs, options,
                       [&](Index h, Index first, Index count, const AttentionOptions& mine) {
                         comparisons.push_back(attention_report<T>(
                             maps[static_cast<std::size_t>(h)],
                             one_key_head(inputs, h, first, count), sample_rows, mine, execution));
                       });
  return comparisons;
}

template <Scalar T>
void attention_rows(std::span<const FeatureMap<T>> maps, TensorView<const T, 4> queries,
                    TensorView<const T, 4> keys, std::span<const AttentionRow> rows,
                    MatrixView<T> out, const AttentionOptions& options,
                    const Execution& execution) {
  constexpr Door kDoor("attention_rows");
  require_rows(kDoor, queries, keys, rows, out);
  const AttentionInputs<T> inputs{queries, keys, no_values(keys)};
  for_each_key_head<T>(kDoor, maps, inputs, options,
                       [&](Index h, Index first, Index count, const AttentionOptions& mine) {
                         std::vector<AttentionRow> its_rows;
                         std::vector<Index> places;
                         for (std::size_t r = 0; r < rows.size(); ++r) {
                           if (rows[r].head < first || rows[r].head >= first + count) continue;
                           its_rows.push_back({rows[r].batch, rows[r].head - first, rows[r].query});
                           places.push_back(static_cast<Index>(r));
                         }
                         Matrix<T> weights(static_cast<Index>(its_rows.size()), out.cols);
                         const AttentionInputs<T> head = one_key_head(inputs, h, first, count);
                         attention_rows<T>(maps[static_cast<std::size_t>(h)], head.queries,
                                           head.keys, its_rows, weights.view(), mine, execution);
                         for (std::size_t r = 0; r < places.size(); ++r) {
                           for (Index j = 0; j < out.cols; ++j)
                             out(places[r], j) = weights(static_cast<Index>(r), j);
                         }
                       });
}

template std::vector<FeatureMap<float>> head_maps<float>(const HeadSpecs&, Index, Index);
template std::vector<FeatureMap<double>> head_maps<double>(const HeadSpecs&, Index, Index);
template AttentionReport attention<float>(std::span<const FeatureMap<float>>,
                                          const AttentionInputs<float>&, TensorView<float, 4>,
                                          const AttentionOptions&, const Execution&);
template AttentionReport attention<double>(std::span<const FeatureMap<double>>,
                                           const AttentionInputs<double>&, TensorView<double, 4>,
                                           const AttentionOptions&, const Execution&);
template void attention_gradient<float>(std::span<const FeatureMap<float>>,
                                        const AttentionInputs<float>&, TensorView<const float, 4>,
                                        TensorView<const float, 4>,
                                        const AttentionGradients<float>&, const AttentionOptions&,
                                        const Execution&);
template void attention_gradient<double>(std::span<const FeatureMap<double>>,
                                         const AttentionInputs<double>&,
                                         TensorView<const double, 4>, TensorView<const double, 4>,
                                         const AttentionGradients<double>&, const AttentionOptions&,
                                         const Execution&);
template AttentionErrorReport attention_with_error<float>(
    std::span<const FeatureMap<float>>, const AttentionInputs<float>&, TensorView<float, 4>,
    TensorView<float, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);
template std::vector<AttentionComparison> attention_report<float>(
    std::span<const FeatureMap<float>>, const AttentionInputs<float>&, Index,
    const AttentionOptions&, const Execution&);
template void attention_rows<float>(std::span<const FeatureMap<float>>, TensorView<const float, 4>,
                                    TensorView<const float, 4>, std::span<const AttentionRow>,
                                    MatrixView<float>, const AttentionOptions&, const Execution&);
template AttentionErrorReport attention_with_error<double>(
    std::span<const FeatureMap<double>>, const AttentionInputs<double>&, TensorView<double, 4>,
    TensorView<double, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);
template std::vector<AttentionComparison> attention_report<double>(
    std::span<const FeatureMap<double>>, const AttentionInputs<double>&, Index,
    const AttentionOptions&, const Execution&);
template void attention_rows<double>(std::span<const FeatureMap<double>>,
                                     TensorView<const double, 4>, TensorView<const double, 4>,
                                     std::span<const AttentionRow>, MatrixView<double>,
                                     const AttentionOptions&, const Execution&);

}  // namespace bochner
