// SPDX-License-Identifier: Apache-2.0
#include "study/attention_forecast.hpp"

#include "bochner/core/matrix.hpp"
#include "client/attention/exact_forward.hpp"
#include "core/parallel.hpp"
#include "core/stopwatch.hpp"

#include <algorithm>

namespace bochner::study {
namespace {

using attention_internals::kExactQueries;

/// Multiplications below which a forecast is not worth its own time.
constexpr double kSoonDone = 1e11;

template <Scalar T>
TensorView<const T, 4> first_head(const TensorView<const T, 4>& of, Index rows) {
  return {of.data, {1, 1, rows, of.extent(3)}, of.strides};
}

}  // namespace

template <Scalar T>
double exact_attention_seconds(const Kernel& kernel, const AttentionInputs<T>& inputs, Mask mask,
                               const Execution& execution) {
  const auto [batch, heads, length, dim] = inputs.queries.extents;
  const Index keys = inputs.keys.extent(2);
  const Index columns = inputs.values.extent(3);
  const double queries = static_cast<double>(batch) * static_cast<double>(heads) *
                         static_cast<double>(length) * (mask == Mask::causal ? 0.5 : 1.0);
  if (queries * static_cast<double>(keys) * static_cast<double>(dim + columns) < kSoonDone) {
    return 0.0;
  }
  // One task of the run, and so one thread of it.
  const Index few = std::min(length, kExactQueries);
  Matrix<T> out(few, columns);
  const Stopwatch watch;
  exact_attention<T>(kernel,
                     {first_head<T>(inputs.queries, few), first_head<T>(inputs.keys, keys),
                      first_head<T>(inputs.values, inputs.values.extent(2))},
                     TensorView<T, 4>(out.data(), {1, 1, few, columns}), {}, {},
                     Execution{.num_threads = 1});
  const Index tasks = batch * heads * ((length + kExactQueries - 1) / kExactQueries);
  return watch.seconds() * queries / static_cast<double>(few) /
         static_cast<double>(worker_count(tasks, execution));
}

template double exact_attention_seconds(const Kernel&, const AttentionInputs<float>&, Mask,
                                        const Execution&);
template double exact_attention_seconds(const Kernel&, const AttentionInputs<double>&, Mask,
                                        const Execution&);

}  // namespace bochner::study
