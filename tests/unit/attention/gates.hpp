// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mixed_reference.hpp"

#include <algorithm>
#include <string>

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

/// log2 of the factor of a pair, -infinity where a gate of 0 is between them: of causal attention
/// from position `query_offset` on.
struct GateFactors {
  const Gates& gates;
  Index heads_per_key_head = 1;
  Index query_offset = 0;
  std::vector<double> decay{};
  Live live = [](Index, Index) { return true; };

  long double operator()(Index b, Index h, Index i, Index j) const {
    const Index key_head = h / heads_per_key_head;
    Index last = std::min(i + query_offset, gates.extents[2] - 1);
    while (last > j && !live(b, last)) --last;
    long double sum = 0.0L;
    for (Index t = j + 1; t <= last; ++t) {
      sum += log2l(static_cast<long double>(gates(b, key_head, t)));
    }
    if (!decay.empty()) {
      sum -= std::numbers::log2e_v<long double> * decay[static_cast<std::size_t>(key_head)] *
             static_cast<long double>(i + query_offset - j);
    }
    return sum;
  }
  /// `otherwise` for a pair that is seen.
  Weigh weigh(Index b, Index h, Index i, Index j, Weigh otherwise) const {
    if (j > i + query_offset || !live(b, j)) return Weigh::not_at_all;
    const Index key_head = h / heads_per_key_head;
    Index last = std::min(i + query_offset, gates.extents[2] - 1);
    while (last > j && !live(b, last)) --last;
    for (Index t = j + 1; t <= last; ++t) {
      if (gates(b, key_head, t) == 0.0) return Weigh::not_at_all;
    }
    return otherwise;
  }
};

}  // namespace bochner::testing
