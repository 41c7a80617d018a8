// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention.hpp"
#include "interface/python/arrays.hpp"

#include <string>

/// \file
/// What the bindings of attention share.

namespace bochner::python {

/// Options, with the arrays that they view.
class HeldAttentionOptions {
 public:
  HeldAttentionOptions(const std::string& mask, Index query_offset, Maybe key_mask,
                       Maybe key_lengths, Maybe cu_seqlens, Maybe cu_seqlens_keys,
                       const std::string& products, Maybe allowed, Index window);

  const AttentionOptions& view() const noexcept { return view_; }

 private:
  Maybe key_mask_;
  Maybe key_lengths_;
  Maybe cu_seqlens_;
  Maybe cu_seqlens_keys_;
  Maybe allowed_;
  AttentionOptions view_;
};

nb::dict to_dict(const AttentionReport& report);

/// A tensor, or one without data.
template <class T>
TensorView<const T, 4> tensor_or_none(const Maybe& array) {
  return array ? tensor<T>(*array) : TensorView<const T, 4>{};
}

}  // namespace bochner::python
