// SPDX-License-Identifier: Apache-2.0
#include "client/attention/seen_rows.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

namespace bochner::attention_internals {
namespace {

constexpr Index kMostKeys = 512;

/// One of stretch i of `count` stretches of 0 .. total - 1, whole and as equal as can be, so that
/// nothing comes twice: at random, since what comes with a period would meet a stride.
Index drawn(const Stream& stream, Index i, Index count, Index total) {
  const auto start = [&](Index k) { return total / count * k + total % count * k / count; };
  const Index length = start(i + 1) - start(i);
  const double step = stream.uniform(static_cast<std::uint64_t>(i)) * static_cast<double>(length);
  return start(i) + std::min(static_cast<Index>(step), length - 1);
}

template <Scalar T>
void widen(const Door& door, const std::string& name, Index position, MatrixView<const T> row,
           double* out) {
  for (Index c = 0; c < row.cols; ++c) {
    out[c] = static_cast<double>(row(0, c));
    if (std::isfinite(out[c])) continue;
    door.refuse(name + " have " + (std::isnan(out[c]) ? "a NaN" : "an infinity") + " at position " +
                std::to_string(position) + ", which a sampled query sees; expected finite numbers");
  }
}

}  // namespace

std::vector<AttentionRow> sampled_rows(const std::array<Index, 4>& queries, Index count,
                                       Seed seed) {
  const Index total = queries[0] * queries[1] * queries[2];
  const Index kept = std::min(count, total);
  const Stream stream(seed, Purpose::study);
  std::vector<AttentionRow> rows;
  for (Index r = 0; r < kept; ++r) {
    const Index row = drawn(stream, r, kept, total);
    rows.push_back(
        {row / queries[2] / queries[1], row / queries[2] % queries[1], row % queries[2]});
  }
  return rows;
}

template <Scalar T>
std::vector<SeenRows> seen_rows(const Door& door, const AttentionProblem& problem,
                                const AttentionInputs<T>& inputs, std::vector<AttentionRow> rows,
                                Seed seed) {
  const auto place_of = [&](const AttentionRow& row) {
    const AttentionSequence& sequence = sequence_with(problem, row.batch, row.head, row.query);
    return std::tuple(&sequence, row.head / problem.heads_per_key_head,
                      sequence.visible_end(row.query - sequence.first_query));
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const AttentionRow& a, const AttentionRow& b) {
    return place_of(a) < place_of(b);
  });
  std::vector<SeenRows> groups;
  for (auto first = rows.begin(); first != rows.end();) {
    const auto place = place_of(*first);
    const auto last = std::find_if(first, rows.end(),
                                   [&](const AttentionRow& row) { return place_of(row) != place; });
    const auto& [sequence, key_head, seen] = place;
    if (seen > 0) {
      const Index kept = std::min(seen, kMostKeys);
      SeenRows group{Matrix<double>(last - first, problem.dim), Matrix<double>(kept, problem.dim),
                     Matrix<double>(kept, problem.value_dim)};
      for (auto row = first; row != last; ++row) {
        widen(door, "queries", row->query,
              head_rows(inputs.queries, row->batch, row->head).middle_rows(row->query, 1),
              group.queries.row(row - first));
      }
      const auto keys = head_rows(inputs.keys, sequence->batch, key_head);
      const auto values = head_rows(inputs.values, sequence->batch, key_head);
      const Stream stream(seed, Purpose::study, 1 + groups.size());
      for (Index k = 0; k < kept; ++k) {
        const Index at = sequence->first_key + sequence->position(drawn(stream, k, kept, seen));
        widen(door, "keys", at, keys.middle_rows(at, 1), group.keys.row(k));
        widen(door, "values", at, values.middle_rows(at, 1), group.values.row(k));
      }
      groups.push_back(std::move(group));
    }
    first = last;
  }
  return groups;
}

template std::vector<SeenRows> seen_rows<float>(const Door&, const AttentionProblem&,
                                                const AttentionInputs<float>&,
                                                std::vector<AttentionRow>, Seed);
template std::vector<SeenRows> seen_rows<double>(const Door&, const AttentionProblem&,
                                                 const AttentionInputs<double>&,
                                                 std::vector<AttentionRow>, Seed);

}  // namespace bochner::attention_internals
