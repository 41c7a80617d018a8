// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/records.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// \file
/// What the bindings of attention share.

namespace bochner::python {

/// One map for all heads, or one per key head.
using Maps = std::vector<const AnyMap*>;

/// body(map) for the one map, or body(maps).
template <Scalar T, class Body>
decltype(auto) with_maps(const Maps& maps, const Body& body) {
  if (maps.size() == 1) return body(maps.front()->in<T>());
  std::vector<FeatureMap<T>> each;
  for (const AnyMap* const map : maps) each.push_back(map->in<T>());
  return body(std::span<const FeatureMap<T>>(each));
}

/// The positions that an array holds, none without it.
inline std::span<const Index> positions(const Maybe& array) {
  return array ? vector<Index>(*array) : std::span<const Index>{};
}

/// Costs of attention, in the order of Python's record.
inline AttentionCosts costs_of(double product, double weight, double feature, double fold) {
  return {.product = product, .weight = weight, .feature = feature, .fold = fold};
}

/// Options, with the arrays that they view.
class HeldAttentionOptions {
 public:
  HeldAttentionOptions(const std::string& mask, Index query_offset, Maybe query_offsets,
                       Maybe key_mask, Maybe key_lengths, Maybe cu_seqlens, Maybe cu_seqlens_keys,
                       const std::string& products, Maybe allowed, Index window, Maybe decay,
                       Maybe gates, const ExactPairs& exact, const std::string& rest);

  const AttentionOptions& view() const noexcept { return view_; }

 private:
  Maybe query_offsets_;
  Maybe key_mask_;
  Maybe key_lengths_;
  Maybe cu_seqlens_;
  Maybe cu_seqlens_keys_;
  Maybe allowed_;
  Maybe decay_;
  Maybe gates_;
  AttentionOptions view_;
};

/// Gates, or their gradients.
template <class Array>
auto gates_in(const Array& array) {
  using Element = std::conditional_t<Array::ReadOnly, const double, double>;
  require_dimensions(array.ndim(), 3);
  TensorView<Element, 3> view;
  view.data = elements<double>(array);
  for (std::size_t k = 0; k < 3; ++k) {
    view.extents[k] = static_cast<Index>(array.shape(k));
    view.strides[k] = array.stride(k);
  }
  return view;
}

/// The gates that an array holds, none without it.
inline TensorView<const double, 3> gates_or_none(const Maybe& array) {
  return array ? gates_in(*array) : TensorView<const double, 3>{};
}

/// Where each gradient is written, none where it is not wanted.
using MaybeOutput = std::optional<Output>;

template <Scalar T>
AttentionGradients<T> gradients_in(const MaybeOutput& dq, const MaybeOutput& dk,
                                   const MaybeOutput& dv, const MaybeOutput& dgates) {
  AttentionGradients<T> gradients{};
  if (dq) gradients.queries = tensor<T>(*dq);
  if (dk) gradients.keys = tensor<T>(*dk);
  if (dv) gradients.values = tensor<T>(*dv);
  if (dgates) gradients.gates = gates_in(*dgates);
  return gradients;
}

/// A tensor, or one without data.
template <class T>
TensorView<const T, 4> tensor_or_none(const Maybe& array) {
  return array ? tensor<T>(*array) : TensorView<const T, 4>{};
}

}  // namespace bochner::python
