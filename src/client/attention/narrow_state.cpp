// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/narrow.hpp"
#include "client/attention/call_parts.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/narrow_rows.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace bochner {

using namespace attention_internals;

namespace {

/// Rows that are in float at a time: a whole number of blocks.
constexpr Index kWideRows = 4 * simd::kBlockRows;

template <class T>
TensorView<T, 4> rows_of_all(const TensorView<T, 4>& tensor, Index first, Index count) {
  return axis_part(tensor, 2, first, count);
}

/// Live keys of a call, for keys first .. first + count - 1 of it.
class LivePart {
 public:
  LivePart(const LiveKeys& live, Index first, Index count) {
    if (live.key_mask.data != nullptr) view_.key_mask = live.key_mask.middle_cols(first, count);
    for (const Index length : live.key_lengths) {
      lengths_.push_back(std::clamp<Index>(length - first, 0, count));
    }
    view_.key_lengths = lengths_;
    view_.gates = axis_part(live.gates, 2, first, count);
  }
  const LiveKeys& view() const noexcept { return view_; }

 private:
  std::vector<Index> lengths_;
  LiveKeys view_;
};

/// Calls take(first row, count) for pieces of `rows` rows, at least once.
template <class Take>
void for_each_piece(Index rows, const Take& take) {
  Index first = 0;
  do {
    const Index count = std::min(kWideRows, rows - first);
    as_part({.row = first}, [&] { take(first, count); });
    first += count;
  } while (first < rows);
}

/// Calls change(state), or change(a copy) where there are so many rows that they come in pieces: it
/// takes in all of them or none.
template <class Change>
void change_at_once(AttentionState<float>& state, Index rows, const Change& change) {
  if (rows <= kWideRows) return change(state);
  AttentionState<float> next = state;
  change(next);
  state = std::move(next);
}

/// What pieces could not see.
template <Narrow N>
void require_whole(const Door& door, const AttentionInputs<N>& inputs, const LiveKeys& live) {
  attention_problem(
      door, shapes_of(inputs),
      {.mask = Mask::causal, .key_mask = live.key_mask, .key_lengths = live.key_lengths});
  const auto& k = inputs.keys;
  require_gates(door, live.gates, k.extent(0), k.extent(1), k.extent(2));
}

}  // namespace

template <Narrow N>
void append(AttentionState<float>& state, TensorView<const N, 4> keys,
            TensorView<const N, 4> values, const LiveKeys& live, const Execution& execution) {
  require_whole<N>(Door("AttentionState::append"), {keys, keys, values}, live);
  WideTensor wide_keys;
  WideTensor wide_values;
  const Index rows = keys.extent(2);
  change_at_once(state, rows, [&](AttentionState<float>& to) {
    for_each_piece(rows, [&](Index first, Index count) {
      to.append(wide_keys.copy_of(rows_of_all(keys, first, count), execution),
                wide_values.copy_of(rows_of_all(values, first, count), execution),
                LivePart(live, first, count).view(), execution);
    });
  });
}

template <Narrow N, NarrowOutput<N> Out>
AttentionReport attend(const AttentionState<float>& state, TensorView<const N, 4> queries,
                       TensorView<Out, 4> out, const Execution& execution) {
  constexpr Door kDoor("AttentionState::attend");
  require_addressable(kDoor, "queries", queries.extents);
  require_addressable(kDoor, "out", out.extents);
  const auto& q = queries.extents;
  require_output<Out, N>(kDoor, "out", out, {q[0], q[1], q[2], out.extent(3)}, {queries, {}, {}});
  WideTensor wide_queries;
  WideOutput wide_output;
  std::vector<AttentionReport> reports;
  for_each_piece(queries.extent(2), [&](Index first, Index count) {
    const auto wide = wide_queries.copy_of(rows_of_all(queries, first, count), execution);
    reports.push_back(
        wide_output(rows_of_all(out, first, count), [&](const TensorView<float, 4>& written) {
          return state.attend(wide, written, execution);
        }));
  });
  return total_report(reports);
}

template <Narrow N, NarrowOutput<N> Out>
AttentionReport advance(AttentionState<float>& state, const AttentionInputs<N>& inputs,
                        TensorView<Out, 4> out, const LiveKeys& live, const Execution& execution) {
  constexpr Door kDoor("AttentionState::advance");
  require_whole(kDoor, inputs, live);
  require_as_many(kDoor, inputs.queries.extent(2), inputs.keys.extent(2));
  const auto& q = inputs.queries.extents;
  require_output(kDoor, "out", out, {q[0], q[1], q[2], inputs.values.extent(3)}, inputs);
  WideInputs wide_inputs;
  WideOutput wide_output;
  std::vector<AttentionReport> reports;
  change_at_once(state, q[2], [&](AttentionState<float>& to) {
    for_each_piece(q[2], [&](Index first, Index count) {
      const AttentionInputs<N> piece{rows_of_all(inputs.queries, first, count),
                                     rows_of_all(inputs.keys, first, count),
                                     rows_of_all(inputs.values, first, count)};
      const AttentionInputs<float> wide = wide_inputs.copy_of(piece, execution);
      const LivePart now(live, first, count);
      reports.push_back(
          wide_output(rows_of_all(out, first, count), [&](const TensorView<float, 4>& written) {
            return to.advance(wide, written, now.view(), execution);
          }));
    });
  });
  return total_report(reports);
}

template void append<Half>(AttentionState<float>&, TensorView<const Half, 4>,
                           TensorView<const Half, 4>, const LiveKeys&, const Execution&);
template AttentionReport attend<Half, float>(const AttentionState<float>&,
                                             TensorView<const Half, 4>, TensorView<float, 4>,
                                             const Execution&);
template AttentionReport advance<Half, float>(AttentionState<float>&, const AttentionInputs<Half>&,
                                              TensorView<float, 4>, const LiveKeys&,
                                              const Execution&);
template AttentionReport attend<Half, Half>(const AttentionState<float>&, TensorView<const Half, 4>,
                                            TensorView<Half, 4>, const Execution&);
template AttentionReport advance<Half, Half>(AttentionState<float>&, const AttentionInputs<Half>&,
                                             TensorView<Half, 4>, const LiveKeys&,
                                             const Execution&);
template void append<BFloat16>(AttentionState<float>&, TensorView<const BFloat16, 4>,
                               TensorView<const BFloat16, 4>, const LiveKeys&, const Execution&);
template AttentionReport attend<BFloat16, float>(const AttentionState<float>&,
                                                 TensorView<const BFloat16, 4>,
                                                 TensorView<float, 4>, const Execution&);
template AttentionReport advance<BFloat16, float>(AttentionState<float>&,
                                                  const AttentionInputs<BFloat16>&,
                                                  TensorView<float, 4>, const LiveKeys&,
                                                  const Execution&);
template AttentionReport attend<BFloat16, BFloat16>(const AttentionState<float>&,
                                                    TensorView<const BFloat16, 4>,
                                                    TensorView<BFloat16, 4>, const Execution&);
template AttentionReport advance<BFloat16, BFloat16>(AttentionState<float>&,
                                                     const AttentionInputs<BFloat16>&,
                                                     TensorView<BFloat16, 4>, const LiveKeys&,
                                                     const Execution&);
}  // namespace bochner
