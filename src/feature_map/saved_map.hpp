// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/feature_map.hpp"
#include "core/door.hpp"

/// \file
/// A feature map in an archive: its spec, and one row of frequencies as a witness.

namespace bochner::feature_map {

template <Scalar T>
void save_map(const FeatureMap<T>& map, Archive& archive);

/// Throws InvalidArgument when the archive holds no valid spec, when the scalar is another, when
/// the witness is not what this library draws, and when num_frequencies * input_dim is above 2^30
/// (a map nobody saves, but that a damaged file may ask for). Nothing of the map's size is
/// allocated before `fits(spec)` has confirmed that the rest of the archive goes with it.
template <Scalar T, class Fits>
FeatureMap<T> load_map(const Archive& archive, const Fits& fits);

/// The spec alone, checked as far as possible without drawing frequencies.
template <Scalar T>
FeatureMapSpec load_spec(const Archive& archive);

/// Throws InvalidArgument when the map is not the one that was saved.
template <Scalar T>
void require_witness(const FeatureMap<T>& map, const Archive& archive);

/// Throws InvalidArgument when the archive holds another map, or is refused by `load_map`.
template <Scalar T>
void require_map(const Door& door, const FeatureMap<T>& map, const Archive& archive);

template <Scalar T, class Fits>
FeatureMap<T> load_map(const Archive& archive, const Fits& fits) {
  const FeatureMapSpec spec = load_spec<T>(archive);
  fits(spec);
  FeatureMap<T> map(spec);
  require_witness(map, archive);
  return map;
}

}  // namespace bochner::feature_map
