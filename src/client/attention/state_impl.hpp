// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/state.hpp"
#include "client/attention/call.hpp"
#include "client/attention/gates.hpp"
#include "client/attention/head_maps.hpp"
#include "client/attention/key_stream.hpp"
#include "client/attention/near_keys.hpp"
#include "client/attention/problem.hpp"
#include "client/attention/row_sums.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <vector>

namespace bochner {

/// One key stream per batch entry and key head, and what works on them.
template <Scalar T>
class AttentionState<T>::Impl {
 public:
  using Maps = attention_internals::HeadMaps<T>;

  Impl(Maps maps, Index batch, Index key_heads, Index value_dim,
       const AttentionStateOptions& options);
  Impl(const Impl& other)
      : maps_(other.maps_),
        batch_(other.batch_),
        key_heads_(other.key_heads_),
        value_dim_(other.value_dim_),
        options_(other.options_),
        lengths_(other.lengths_),
        streams_(other.streams_),
        near_(other.near_),
        gate_sums_(other.gate_sums_) {}
  Impl& operator=(const Impl&) = delete;

  const AttentionStateOptions& options() const noexcept { return options_; }
  Index length() const noexcept { return *std::max_element(lengths_.begin(), lengths_.end()); }
  std::vector<Index> lengths() const { return {lengths_.begin(), lengths_.begin() + batch_}; }
  void append(TensorView<const T, 4> keys, TensorView<const T, 4> values, const LiveKeys& live,
              const Execution& execution);
  AttentionReport attend(TensorView<const T, 4> queries, TensorView<T, 4> out,
                         const Execution& execution) const;
  AttentionReport advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                          const LiveKeys& live, const Execution& execution);
  void merge(const Impl& next);
  void reset();
  std::unique_ptr<Impl> select(std::span<const Index> batch) const;
  Archive save() const;
  static std::unique_ptr<Impl> load(const Maps& maps, const Archive& archive);

 private:
  struct QueryWorker {
    attention_internals::QueryBlock<T> block;
    AttentionReport report;
  };
  struct Worker {
    Worker(const FeatureMap<T>& map, Index value_dim)
        : keys(map.blocks(), value_dim),
          key_rows(simd::kBlockRows, map.input_dim()),
          value_rows(simd::kBlockRows, value_dim),
          query{{map.blocks(), value_dim}, {}} {}
    attention_internals::KeyScratch<T> keys;
    std::vector<double> gate_sums;  ///< by live key of a part of a call
    Matrix<T> key_rows;             ///< live ones, where padding lies between them
    Matrix<T> value_rows;
    QueryWorker query;
  };

  /// Throws InvalidArgument.
  void require_state_options() const;
  attention_internals::AttentionProblem problem_of(const Door& door,
                                                   const AttentionInputs<T>& inputs,
                                                   const LiveKeys& live) const;
  /// Runs `change` of the streams; what `execution.poll` throws then leaves them as they were.
  template <class Change>
  void change_streams(const Execution& execution, const Change& change) {
    if (!execution.poll) return change();
    std::vector<attention_internals::KeyStream<T>> before = streams_;
    std::vector<attention_internals::NearKeys<T>> near_before = near_;
    std::vector<attention_internals::GateSum> gates_before = gate_sums_;
    try {
      change();
    } catch (...) {
      streams_ = std::move(before);
      near_ = std::move(near_before);
      gate_sums_ = std::move(gates_before);
      throw;
    }
  }
  attention_internals::KeyStream<T>& stream(Index batch, Index key_head) {
    return streams_[static_cast<std::size_t>(batch * key_heads_ + key_head)];
  }
  const attention_internals::KeyStream<T>& stream(Index batch, Index key_head) const {
    return const_cast<Impl*>(this)->stream(batch, key_head);
  }
  attention_internals::GateSum& gate_sum(Index batch, Index key_head) {
    return gate_sums_[static_cast<std::size_t>(batch * key_heads_ + key_head)];
  }
  const attention_internals::GateSum& gate_sum(Index batch, Index key_head) const {
    return const_cast<Impl*>(this)->gate_sum(batch, key_head);
  }
  attention_internals::KeyStream<T> fresh_stream(Index key_head) const {
    return {maps_[key_head].blocks(), value_dim_};
  }
  /// Refuses gates that could not be taken in, before any is.
  void require_live_gates(const Door& door, const attention_internals::AttentionProblem& problem,
                          const TensorView<const double, 3>& gates) const;
  /// Cuts the live keys of a call before those whose gates are 0. For each part, forgets what came
  /// before it if it begins with one, leaves sums of its gates, or none where all are 0, in the
  /// worker and calls body(part).
  void for_each_part(const attention_internals::HeadGroup& group,
                     const TensorView<const double, 3>& gates, Worker& worker,
                     const std::function<void(const attention_internals::HeadGroup&)>& body);
  /// Takes the gates of a part into the stream and the worker.
  void take_gates(const attention_internals::HeadGroup& part,
                  const TensorView<const double, 3>& gates, Worker& worker);
  /// What would make the sums of gates too large.
  void require_joinable_gates(const Door& door, const Impl& next) const;
  void save_gates(Archive& archive) const;
  void load_gates(const Archive& archive);
  /// Throws InvalidArgument unless the archive is of these maps.
  static void require_maps_of(const Archive& archive, const Maps& maps);
  void save_near(Archive& archive) const;
  static AttentionStateOptions load_options(const Archive& archive);
  void load_near(const Archive& archive);
  std::vector<Index> load_lengths(const Archive& archive) const;
  /// The lengths after `count(b)` more keys of each batch entry b.
  template <class Count>
  std::vector<Index> extended_lengths(const Door& door, const Count& count) const;
  /// Those after a call with this many keys, live or not.
  std::vector<Index> lengths_after(const Door& door,
                                   const attention_internals::AttentionProblem& problem,
                                   Index keys) const;
  /// Refuses live keys and their values that could not be taken in, before any is.
  void require_keys(const Door& door, const AttentionInputs<T>& inputs,
                    const attention_internals::AttentionProblem& problem,
                    const Execution& execution) const;
  /// The same for queries.
  void require_queries(const Door& door, TensorView<const T, 4> queries,
                       const attention_internals::AttentionProblem& problem,
                       const Execution& execution) const;
  /// Calls body(sequence, key head, worker) for each stream that the call has rows of.
  template <class Body>
  void for_each_stream(const attention_internals::AttentionProblem& problem,
                       const Execution& execution, const Body& body);
  /// Takes in the live keys of a key head of a sequence; calls between(k) whenever the first k of
  /// them are in.
  template <class Between>
  void extend(const Door& door, const attention_internals::HeadGroup& group,
              const AttentionInputs<T>& inputs, Worker& worker, const Between& between);
  /// Leaves the sums of queries over a stream in the worker's block; false where it is empty.
  bool collect(const attention_internals::KeyStream<T>& stream,
               const attention_internals::RowOrigin& origin, MatrixView<const T> queries,
               const std::array<std::int32_t, simd::kBlockRows>& seen, QueryWorker& worker) const;
  /// The same, divided into `out`.
  void attend_stream(const attention_internals::KeyStream<T>& stream,
                     const attention_internals::RowOrigin& origin, MatrixView<const T> queries,
                     const std::array<std::int32_t, simd::kBlockRows>& seen, MatrixView<T> out,
                     QueryWorker& worker) const;

  /// States that weigh some keys exactly, or with decay, have near keys beside each stream.
  bool has_near() const noexcept { return options_ != AttentionStateOptions{}; }
  attention_internals::NearKeys<T>& near_keys(Index batch, Index key_head) {
    return near_[static_cast<std::size_t>(batch * key_heads_ + key_head)];
  }
  const attention_internals::NearKeys<T>& near_keys(Index batch, Index key_head) const {
    return const_cast<Impl*>(this)->near_keys(batch, key_head);
  }
  /// Takes in the live keys of a head group. With `queries` that are not null, row i of them
  /// attends up to key i.
  void advance_near(const Door& door, const attention_internals::HeadGroup& group,
                    const attention_internals::AttentionProblem& problem,
                    const AttentionInputs<T>& inputs, attention_internals::RowSums<T>* sums,
                    Worker& worker);
  void attend_near(const Door& door, const attention_internals::AttentionProblem& problem,
                   const TensorView<const T, 4>& queries, Index batch, Index key_head,
                   attention_internals::RowSums<T>& sums, QueryWorker& worker) const;
  /// Keys first ... that have left the near ones, or never were among them, into the sums.
  void leave(const Door& door, Index batch, Index key_head, MatrixView<const T> keys,
             MatrixView<const T> values, std::span<const double> gate_sums, Index first,
             attention_internals::KeyScratch<T>& scratch,
             const std::function<void(Index)>& between);
  void merge_near(const Impl& next);
  /// In base 2.
  double decay_of(Index key_head) const {
    return options_.decay.empty()
               ? 0.0
               : std::numbers::log2e * options_.decay[static_cast<std::size_t>(key_head)];
  }

  static constexpr Index kLongest = Index{1} << 60;

  Maps maps_;
  Index batch_;
  Index key_heads_;
  Index value_dim_;
  AttentionStateOptions options_;
  std::vector<Index> lengths_;  ///< by batch entry; of a batch of none, what one would have
  std::vector<attention_internals::KeyStream<T>> streams_;
  std::vector<attention_internals::NearKeys<T>> near_;   ///< by stream, or none
  std::vector<attention_internals::GateSum> gate_sums_;  ///< by stream
  std::vector<Worker> workers_;  ///< one per lane of the maps, kept for the next token
};

template <Scalar T>
template <class Count>
std::vector<Index> AttentionState<T>::Impl::extended_lengths(const Door& door,
                                                             const Count& count) const {
  std::vector<Index> lengths = lengths_;
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    const Index more = count(static_cast<Index>(b));
    if (more > kLongest - lengths[b]) {
      door.refuse("the state has seen " + std::to_string(lengths[b]) + " keys, and " +
                  std::to_string(more) + " more are beyond 2^60");
    }
    lengths[b] += more;
  }
  return lengths;
}

}  // namespace bochner
