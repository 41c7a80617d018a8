// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "core/door.hpp"
#include "core/parallel.hpp"

#include <span>
#include <vector>

/// \file
/// The maps of key heads.

namespace bochner::attention_internals {

/// Throws InvalidArgument unless there is one map for each key head.
template <Scalar T>
void require_maps(const Door& door, std::span<const FeatureMap<T>> maps, Index key_heads) {
  door.entries("maps", static_cast<Index>(maps.size()), key_heads, "one per key head");
}

/// One map for all key heads, or one for each.
template <Scalar T>
class HeadMaps {
 public:
  explicit HeadMaps(const FeatureMap<T>& map) : maps_{map} {}
  HeadMaps(const Door& door, std::span<const FeatureMap<T>> maps, Index key_heads)
      : maps_(maps.begin(), maps.end()) {
    require_maps(door, maps, key_heads);
  }

  /// Whether one map serves all heads.
  bool shared() const noexcept { return maps_.size() == 1; }
  const FeatureMap<T>& operator[](Index key_head) const {
    return shared() ? maps_.front() : maps_[static_cast<std::size_t>(key_head)];
  }
  const std::vector<FeatureMap<T>>& all() const noexcept { return maps_; }

  /// How many lanes `for_each` uses: lane l is for the map of key head l, or for the shared one.
  Index lanes(Index key_heads, Index per_head, const Execution& execution) const {
    return shared() ? worker_count(key_heads * per_head, execution) : key_heads;
  }
  /// Calls body(key head, i, lane) for each i < per_head of each key head, never two at a time on
  /// one lane. A lane holds scratch space for one map, so where every head has its own the heads
  /// are shared out, otherwise everything.
  template <class Body>
  void for_each(Index key_heads, Index per_head, const Execution& execution,
                const Body& body) const {
    if (shared()) {
      parallel_for_blocks(key_heads * per_head, execution,
                          [&](Index t, int w) { body(t % key_heads, t / key_heads, w); });
      return;
    }
    parallel_for_blocks(key_heads, execution, [&](Index head, int) {
      for (Index i = 0; i < per_head; ++i) body(head, i, static_cast<int>(head));
    });
  }

 private:
  std::vector<FeatureMap<T>> maps_;
};

}  // namespace bochner::attention_internals
