// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/client/attention/matrix.hpp"
#include "bochner/core/error.hpp"
#include "core/door.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

/// \file
/// What calls to attention check about the memory that they are given. All throw InvalidArgument.

namespace bochner::attention_internals {

/// No extent is negative, and their product can be addressed.
void require_addressable(const Door& door, std::string_view name,
                         const std::array<Index, 4>& extents);

/// Queries, keys and values, of whatever scalar.
using InputGrids = std::array<MemoryGrid, 3>;

/// `out` has these extents, no two elements in one place, and nothing in common with the inputs.
void require_output(const Door& door, std::string_view name, const MemoryGrid& out,
                    const std::array<Index, 4>& extents, const InputGrids& inputs);
template <Stored Out, Stored In>
void require_output(const Door& door, std::string_view name, const TensorView<Out, 4>& out,
                    const std::array<Index, 4>& extents, const AttentionInputs<In>& inputs) {
  require_output(
      door, name, memory_grid(out), extents,
      {memory_grid(inputs.queries), memory_grid(inputs.keys), memory_grid(inputs.values)});
}

/// `out` is an output for these inputs; standard errors have its extents, or one column.
template <Scalar T>
void require_errors(const Door& door, const AttentionInputs<T>& inputs, const TensorView<T, 4>& out,
                    const TensorView<T, 4>& standard_error);

/// `rows` are queries, and `out` has a row for each of them and a column per key.
template <Scalar T>
void require_rows(const Door& door, const TensorView<const T, 4>& queries,
                  const TensorView<const T, 4>& keys, std::span<const AttentionRow> rows,
                  const MatrixView<T>& out);

/// Values without columns.
template <Scalar T>
TensorView<const T, 4> no_values(TensorView<const T, 4> keys) {
  keys.extents[3] = 0;
  return keys;
}

/// Whether a gradient is asked for.
template <class T, int Rank>
bool wanted(const TensorView<T, Rank>& gradient) {
  return gradient.data != nullptr;
}

/// Outputs, their gradients and those of the inputs and gates that are wanted fit.
template <Scalar T>
void require_gradients(const Door& door, const AttentionInputs<T>& inputs,
                       const TensorView<const T, 4>& out,
                       const TensorView<const T, 4>& out_gradient,
                       const AttentionGradients<T>& gradients, const AttentionOptions& options);

/// A query for each key.
void require_as_many(const Door& door, Index queries, Index keys);

/// `allowed` and a bias, where there is one, have an entry for each query and key.
template <Scalar T>
void require_pairs(const Door& door, const AttentionInputs<T>& inputs,
                   const AttentionOptions& options, const TensorView<const T, 4>& bias) {
  const std::array<Index, 4> pairs{inputs.queries.extent(0), inputs.queries.extent(1),
                                   inputs.queries.extent(2), inputs.keys.extent(2)};
  if (options.allowed.data != nullptr) door.shape("allowed", options.allowed.extents, pairs);
  if (bias.data != nullptr) door.shape("bias", bias.extents, pairs);
}

/// What is written shares nothing with a bias, if there is one.
template <Stored Out, Scalar T>
void require_apart_from_bias(const Door& door, std::string_view name, const TensorView<Out, 4>& out,
                             const TensorView<const T, 4>& bias) {
  if (bias.data != nullptr && wanted(out))
    door.apart(name, memory_grid(out), "bias", memory_grid(bias));
}

/// "keys: batch 0, head 1, row 17", for messages.
std::string row_name(std::string_view argument, Index batch, Index head, Index row);

/// How far a part of a call is from the beginning of the call.
struct PartOffset {
  Index batch = 0;
  Index query_head = 0;
  Index key_head = 0;
  Index row = 0;
};

/// The refusal of a row, "function: keys: batch 0, head 1, row 17 REASON". Where the call that
/// refuses is a part of another one, that one catches it and throws `moved`.
class RefusedRow : public InvalidArgument {
 public:
  struct Place {
    std::string_view argument;  ///< "queries", "keys" or "values"
    Index batch;
    Index head;
    Index row;
  };
  RefusedRow(const Door& door, const Place& place, const std::string& reason);

  /// The same row, as the whole call counts.
  RefusedRow moved(const PartOffset& part) const;

 private:
  Door door_;
  Place place_;
  std::string reason_;
};

/// body(), which computes a part of a call.
template <class Body>
decltype(auto) as_part(const PartOffset& part, const Body& body) {
  try {
    return body();
  } catch (const RefusedRow& refused) {
    throw refused.moved(part);
  }
}

}  // namespace bochner::attention_internals
