// SPDX-License-Identifier: Apache-2.0
#include "client/attention/problem.hpp"

#include "core/checked.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace bochner {
namespace {

std::string shape(const std::array<Index, 4>& extents) {
  std::string text;
  for (const Index extent : extents) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

struct Checker {
  std::string function;

  [[noreturn]] void fail(const std::string& what) const {
    throw InvalidArgument(function + ": " + what);
  }

  void check_extents(const char* name, const std::array<Index, 4>& extents) const {
    std::optional<Index> product = 1;
    for (const Index extent : extents) {
      if (extent < 0) fail(std::string(name) + " is " + shape(extents) + ", expected none below 0");
      if (product) product = checked_product(*product, std::max<Index>(extent, 1));
    }
    if (!product) fail(std::string(name) + " is " + shape(extents) + ", too large to address");
  }

  /// 0 = b_0 <= ... <= b_n = length.
  void check_boundaries(const char* name, std::span<const Index> boundaries, Index length,
                        const char* meaning) const {
    for (std::size_t i = 0; i + 1 < boundaries.size(); ++i) {
      if (boundaries[i] > boundaries[i + 1]) {
        fail(std::string(name) + " decreases from " + std::to_string(boundaries[i]) + " to " +
             std::to_string(boundaries[i + 1]) + " at entry " + std::to_string(i + 1));
      }
    }
    if (boundaries.front() != 0 || boundaries.back() != length) {
      fail(std::string(name) + " runs from " + std::to_string(boundaries.front()) + " to " +
           std::to_string(boundaries.back()) + ", expected 0 to " + std::to_string(length) + " (" +
           meaning + ")");
    }
  }
};

/// Leaves in `sequence` those of its keys that are live.
void keep_live(AttentionSequence& sequence, const MatrixView<const bool>& mask) {
  const Index keys = sequence.num_keys;
  std::vector<Index> live;
  for (Index k = 0; k < keys; ++k) {
    if (mask(sequence.batch, sequence.first_key + k)) live.push_back(k);
  }
  sequence.num_keys = static_cast<Index>(live.size());
  const bool from_the_start = live.empty() || live.back() == sequence.num_keys - 1;
  if (!from_the_start) sequence.live = std::move(live);
}

}  // namespace

Index AttentionSequence::keys_before(Index end) const {
  if (live.empty()) return std::clamp<Index>(end, 0, num_keys);
  return std::lower_bound(live.begin(), live.end(), end) - live.begin();
}

Index AttentionSequence::visible_end(Index i) const {
  return causal ? keys_before(i + query_offset + 1) : num_keys;
}

Index AttentionSequence::first_visible(Index i) const {
  return window > 0 ? keys_before(i + query_offset - window + 1) : 0;
}

const AttentionSequence& sequence_with(const AttentionProblem& problem, Index batch, Index query) {
  return *std::find_if(
      problem.sequences.begin(), problem.sequences.end(), [&](const AttentionSequence& s) {
        return s.batch == batch && query >= s.first_query && query < s.first_query + s.num_queries;
      });
}

template <Scalar T>
AttentionProblem attention_problem(const std::string& function, const AttentionInputs<T>& inputs,
                                   const AttentionOptions& options) {
  const Checker check{function};
  const auto& [q, k, v] = inputs;
  check.check_extents("queries", q.extents);
  check.check_extents("keys", k.extents);
  check.check_extents("values", v.extents);
  if (k.extent(0) != q.extent(0) || k.extent(3) != q.extent(3)) {
    check.fail("keys is " + shape(k.extents) + ", expected " + std::to_string(q.extent(0)) +
               " x key_heads x n x " + std::to_string(q.extent(3)) +
               " (batch and dimension of the queries)");
  }
  if (v.extent(0) != k.extent(0) || v.extent(1) != k.extent(1) || v.extent(2) != k.extent(2)) {
    check.fail("values is " + shape(v.extents) + ", expected " + std::to_string(k.extent(0)) +
               " x " + std::to_string(k.extent(1)) + " x " + std::to_string(k.extent(2)) +
               " x d_v (batch, heads and length of the keys)");
  }
  if (q.extent(3) < 1) {
    check.fail("queries is " + shape(q.extents) + ", expected a dimension of at least 1");
  }
  if (q.extent(1) > 0 && (k.extent(1) < 1 || q.extent(1) % k.extent(1) != 0)) {
    check.fail("there are " + std::to_string(q.extent(1)) + " query heads and " +
               std::to_string(k.extent(1)) +
               " key heads, expected a number of key heads that divides that of query heads");
  }
  const Index batch = q.extent(0);
  const Index num_queries = q.extent(2);
  const Index num_keys = k.extent(2);
  if (options.window < 0) {
    check.fail("window is " + std::to_string(options.window) + ", expected at least 0");
  }
  const bool masked = options.key_mask.data != nullptr;
  if (masked && (options.key_mask.rows != batch || options.key_mask.cols != num_keys)) {
    check.fail("key_mask is " + std::to_string(options.key_mask.rows) + " x " +
               std::to_string(options.key_mask.cols) + ", expected " + std::to_string(batch) +
               " x " + std::to_string(num_keys) + " (batch x keys)");
  }
  if (!options.key_lengths.empty()) {
    if (masked) check.fail("key_mask and key_lengths are both given, expected one of them");
    if (static_cast<Index>(options.key_lengths.size()) != batch) {
      check.fail("key_lengths has " + std::to_string(options.key_lengths.size()) +
                 " entries, expected " + std::to_string(batch) + " (one a batch entry)");
    }
    for (const Index length : options.key_lengths) {
      if (length < 0 || length > num_keys) {
        check.fail("key_lengths holds " + std::to_string(length) + ", expected 0 to " +
                   std::to_string(num_keys));
      }
    }
  }
  if (options.mask == Mask::causal &&
      (options.query_offset > num_keys || options.query_offset < -num_queries)) {
    check.fail("query_offset is " + std::to_string(options.query_offset) + ", expected -" +
               std::to_string(num_queries) + " to " + std::to_string(num_keys));
  }

  AttentionProblem problem;
  problem.heads = q.extent(1);
  problem.key_heads = q.extent(1) > 0 ? k.extent(1) : 0;
  problem.heads_per_key_head = problem.key_heads > 0 ? problem.heads / problem.key_heads : 0;
  problem.dim = q.extent(3);
  problem.value_dim = v.extent(3);

  const std::span<const Index> query_bounds = options.cu_seqlens;
  const std::span<const Index> key_bounds =
      options.cu_seqlens_keys.empty() ? query_bounds : options.cu_seqlens_keys;
  if (!key_bounds.empty()) {
    if (query_bounds.size() != key_bounds.size()) {
      check.fail("cu_seqlens has " + std::to_string(query_bounds.size()) +
                 " entries and cu_seqlens_keys " + std::to_string(key_bounds.size()) +
                 ", expected as many");
    }
    if (batch != 1) {
      check.fail("cu_seqlens is given for a batch of " + std::to_string(batch) +
                 ", expected a batch of 1");
    }
    if (!options.key_lengths.empty()) {
      check.fail("cu_seqlens and key_lengths are both given, expected one of them");
    }
    check.check_boundaries("cu_seqlens", query_bounds, num_queries, "the queries");
    check.check_boundaries("cu_seqlens_keys", key_bounds, num_keys, "the keys");
  }
  const Index segments = key_bounds.empty() ? batch : static_cast<Index>(key_bounds.size()) - 1;
  for (Index s = 0; s < segments; ++s) {
    AttentionSequence sequence;
    if (key_bounds.empty()) {
      sequence.batch = s;
      sequence.num_queries = num_queries;
      sequence.num_keys =
          options.key_lengths.empty() ? num_keys : options.key_lengths[static_cast<std::size_t>(s)];
    } else {
      const auto i = static_cast<std::size_t>(s);
      sequence.first_query = query_bounds[i];
      sequence.num_queries = query_bounds[i + 1] - query_bounds[i];
      sequence.first_key = key_bounds[i];
      sequence.num_keys = key_bounds[i + 1] - key_bounds[i];
    }
    sequence.causal = options.mask == Mask::causal;
    sequence.query_offset = options.query_offset;
    sequence.window = options.window;
    if (masked) keep_live(sequence, options.key_mask);
    if (sequence.num_queries > 0) problem.sequences.push_back(std::move(sequence));
  }
  return problem;
}

void check_extents(const std::string& function, const char* name,
                   const std::array<Index, 4>& extents, const std::array<Index, 4>& expected) {
  if (extents == expected) return;
  throw InvalidArgument(function + ": " + name + " is " + shape(extents) + ", expected " +
                        shape(expected));
}

template <Scalar T>
void check_output(const std::string& function, const char* name, const TensorView<T, 4>& out,
                  const std::array<Index, 4>& extents, const AttentionInputs<T>& inputs) {
  const Checker check{function};
  check_extents(function, name, out.extents, extents);
  const bool empty = std::find(extents.begin(), extents.end(), 0) != extents.end();
  for (int axis = 0; axis < 4 && !empty; ++axis) {
    if (out.extent(axis) > 1 && out.stride(axis) == 0) {
      check.fail(std::string(name) + " has stride 0 along axis " + std::to_string(axis) +
                 ": its elements would share memory");
    }
  }
  const MemoryGrid mine = memory_grid(out);
  if (overlaps_itself(mine)) {
    check.fail(std::string(name) + " has strides that give two elements one place");
  }
  check_apart(function, name, mine, "queries", memory_grid(inputs.queries));
  check_apart(function, name, mine, "keys", memory_grid(inputs.keys));
  check_apart(function, name, mine, "values", memory_grid(inputs.values));
}

void check_apart(const std::string& function, const char* name, const MemoryGrid& grid,
                 const char* other_name, const MemoryGrid& other) {
  if (overlap(grid, other)) Checker{function}.fail(std::string(name) + " overlaps " + other_name);
}

template <Scalar T>
MatrixView<const T> live_rows(const AttentionSequence& sequence, MatrixView<const T> rows,
                              Index first, Index count, Matrix<T>& buffer) {
  if (count == 0) return rows.middle_rows(sequence.first_key, 0);
  const Index start = sequence.position(first);
  if (sequence.position(first + count - 1) - start == count - 1) {
    return rows.middle_rows(sequence.first_key + start, count);
  }
  for (Index r = 0; r < count; ++r) {
    const T* const from = rows.row(sequence.first_key + sequence.position(first + r));
    T* const to = buffer.row(r);
    for (Index c = 0; c < rows.cols; ++c) to[c] = from[c * rows.col_stride];
  }
  return {buffer.data(), count, rows.cols, buffer.cols(), 1};
}

template AttentionProblem attention_problem<float>(const std::string&,
                                                   const AttentionInputs<float>&,
                                                   const AttentionOptions&);
template AttentionProblem attention_problem<double>(const std::string&,
                                                    const AttentionInputs<double>&,
                                                    const AttentionOptions&);
template void check_output<float>(const std::string&, const char*, const TensorView<float, 4>&,
                                  const std::array<Index, 4>&, const AttentionInputs<float>&);
template void check_output<double>(const std::string&, const char*, const TensorView<double, 4>&,
                                   const std::array<Index, 4>&, const AttentionInputs<double>&);
template MatrixView<const float> live_rows<float>(const AttentionSequence&, MatrixView<const float>,
                                                  Index, Index, Matrix<float>&);
template MatrixView<const double> live_rows<double>(const AttentionSequence&,
                                                    MatrixView<const double>, Index, Index,
                                                    Matrix<double>&);

}  // namespace bochner
