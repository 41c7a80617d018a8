// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/state.hpp"
#include "client/attention/call.hpp"
#include "client/attention/key_stream.hpp"
#include "client/attention/problem.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace bochner {

/// One key stream per batch entry and key head, and what works on them.
template <Scalar T>
class AttentionState<T>::Impl {
 public:
  Impl(const FeatureMap<T>& map, Index batch, Index key_heads, Index value_dim);
  Impl(const Impl& other)
      : map_(other.map_),
        batch_(other.batch_),
        key_heads_(other.key_heads_),
        value_dim_(other.value_dim_),
        length_(other.length_),
        streams_(other.streams_) {}
  Impl& operator=(const Impl&) = delete;

  Index length() const noexcept { return length_; }
  void append(TensorView<const T, 4> keys, TensorView<const T, 4> values,
              const Execution& execution);
  AttentionReport attend(TensorView<const T, 4> queries, TensorView<T, 4> out,
                         const Execution& execution) const;
  AttentionReport advance(const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                          const Execution& execution);
  void merge(const Impl& next);
  void reset();
  std::unique_ptr<Impl> select(std::span<const Index> batch) const;
  Archive save() const;
  static std::unique_ptr<Impl> load(const FeatureMap<T>& map, const Archive& archive);

 private:
  struct QueryWorker {
    attention_internals::QueryBlock<T> block;
    AttentionReport report;
  };
  struct Worker {
    attention_internals::KeyScratch<T> keys;
    QueryWorker query;
  };

  attention_internals::AttentionProblem problem_of(const Door& door,
                                                   const AttentionInputs<T>& inputs) const;
  /// Runs `change` of the streams; what `execution.poll` throws then leaves them as they were.
  template <class Change>
  void change_streams(const Execution& execution, const Change& change) {
    if (!execution.poll) return change();
    std::vector<attention_internals::KeyStream<T>> before = streams_;
    try {
      change();
    } catch (...) {
      streams_ = std::move(before);
      throw;
    }
  }
  /// The length after `count` more keys.
  Index extended_length(const Door& door, Index count) const;
  /// Refuses rows that could not be taken in, before any is.
  void require_rows(const Door& door, const AttentionInputs<T>& inputs,
                    const Execution& execution) const;
  template <class Body>
  void for_each_stream(const Execution& execution, const Body& body);
  /// Takes in all rows of one head; calls taken(first, count) after each part.
  template <class Taken>
  void extend(const Door& door, attention_internals::KeyStream<T>& stream, Index s,
              TensorView<const T, 4> keys, TensorView<const T, 4> values, Worker& worker,
              const Taken& taken);
  void collect(const attention_internals::KeyStream<T>& stream,
               const attention_internals::RowOrigin& origin, MatrixView<const T> queries,
               const std::array<std::int32_t, simd::kBlockRows>& seen, MatrixView<T> out,
               QueryWorker& worker) const;

  static constexpr Index kLongest = Index{1} << 60;

  FeatureMap<T> map_;
  Index batch_;
  Index key_heads_;
  Index value_dim_;
  Index length_ = 0;
  std::vector<attention_internals::KeyStream<T>> streams_;
  std::vector<Worker> workers_;  ///< kept, so that one more token allocates nothing
};

}  // namespace bochner
