// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mixed_reference.hpp"

#include <algorithm>
#include <utility>

/// \file
/// Gates of attention, and what they do written down from their definition.

namespace bochner::testing {

/// A batch x key_heads x keys tensor that owns its elements.
struct Gates {
  std::array<Index, 3> extents{};
  std::vector<double> elements;

  Gates(Index batch, Index key_heads, Index keys, double value = 1.0)
      : extents{batch, key_heads, keys},
        elements(static_cast<std::size_t>(batch * key_heads * keys), value) {}

  double& operator()(Index b, Index h, Index k) {
    return elements[static_cast<std::size_t>((b * extents[1] + h) * extents[2] + k)];
  }
  double operator()(Index b, Index h, Index k) const { return const_cast<Gates&>(*this)(b, h, k); }
  TensorView<const double, 3> view() const { return {elements.data(), extents}; }
  TensorView<double, 3> view() { return {elements.data(), extents}; }
  /// Keys first .. first + count - 1.
  TensorView<const double, 3> part(Index first, Index count) const {
    TensorView<const double, 3> rows = view();
    rows.data += first;
    rows.extents[2] = count;
    return rows;
  }
};

/// How large gates are.
enum class GateSize {
  mild,    ///< from 1/2 to 1
  mixed,   ///< the same, and every so often one of 0, 1 or 1e-200
  strong,  ///< from 1e-40 to 1
  faint    ///< the least numbers that there are
};

inline Gates some_gates(Index batch, Index key_heads, Index keys, GateSize size,
                        std::uint64_t seed = 1) {
  Gates gates(batch, key_heads, keys);
  const Stream stream(Seed{seed}, Purpose::study);
  for (std::size_t i = 0; i < gates.elements.size(); ++i) {
    const double u = stream.uniform(2 * i);
    double gate = 0.5 + 0.5 * u;
    if (size == GateSize::mixed) {
      const double kind = stream.uniform(2 * i + 1);
      if (kind < 0.03) gate = 0.0;
      if (kind > 0.96) gate = kind > 0.98 ? 1.0 : 1e-200;
    }
    if (size == GateSize::strong) gate = std::pow(10.0, -40.0 * u);
    if (size == GateSize::faint) gate = std::numeric_limits<double>::denorm_min();
    gates.elements[i] = gate;
  }
  return gates;
}

/// Which keys are there; all without it.
using Live = std::function<bool(Index, Index)>;

/// What gates make of pairs in causal attention from position `query_offset` on.
class GateFactors {
 public:
  explicit GateFactors(const Gates& gates, Index heads_per_key_head = 1, Index query_offset = 0,
                       std::vector<double> decay = {}, Live live = {})
      : keys_(gates.extents[2]),
        key_heads_(gates.extents[1]),
        share_(heads_per_key_head),
        offset_(query_offset),
        decay_(std::move(decay)),
        live_(std::move(live)) {
    for (std::size_t i = 0; i < gates.elements.size(); ++i) {
      const bool first = i % static_cast<std::size_t>(keys_) == 0;
      const double gate = gates.elements[i];
      zeros_.push_back((first ? 0 : zeros_.back()) + (gate == 0.0 ? 1 : 0));
      sums_.push_back((first ? 0.0L : sums_.back()) +
                      (gate > 0.0 ? log2l(static_cast<long double>(gate)) : 0.0L));
    }
  }

  /// log2 of the factor of a pair that is seen.
  long double operator()(Index b, Index h, Index i, Index j) const {
    long double sum = sums_[at(b, h, last_key(b, i))] - sums_[at(b, h, j)];
    if (!decay_.empty()) {
      sum -= std::numbers::log2e_v<long double> * decay_[static_cast<std::size_t>(h / share_)] *
             static_cast<long double>(i + offset_ - j);
    }
    return sum;
  }
  /// `otherwise` for a pair that is seen.
  Weigh weigh(Index b, Index h, Index i, Index j, Weigh otherwise) const {
    const bool hidden = j > i + offset_ || (live_ && !live_(b, j));
    if (hidden || zeros_[at(b, h, last_key(b, i))] != zeros_[at(b, h, j)]) {
      return Weigh::not_at_all;
    }
    return otherwise;
  }

 private:
  std::size_t at(Index b, Index h, Index k) const {
    return static_cast<std::size_t>((b * key_heads_ + h / share_) * keys_ + k);
  }
  /// The last live key that a query sees, where it sees one.
  Index last_key(Index b, Index i) const {
    Index last = std::min(i + offset_, keys_ - 1);
    while (last > 0 && live_ && !live_(b, last)) --last;
    return std::max<Index>(last, 0);
  }

  Index keys_;
  Index key_heads_;
  Index share_;
  Index offset_;
  std::vector<double> decay_;
  Live live_;
  std::vector<Index> zeros_;       ///< how many there are up to each gate
  std::vector<long double> sums_;  ///< of log2 of the others
};

}  // namespace bochner::testing
