// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/core/matrix.hpp"
#include "simd/bfloat16.hpp"

#include <vector>

/// \file
/// The two large products with factors rounded to bfloat16.

namespace bochner::attention_internals {

/// phi^T V and phi S for blocks of at most 64 rows of D features and d_v values, by the machine's
/// own kernels where it has them, otherwise in float on rounded factors. Leading dimensions are
/// those of padded blocks.
class ReducedProducts {
 public:
  ReducedProducts(Index num_features, Index value_dim);

  /// "bfloat16" or "bfloat16 (emulated)".
  static const char* arithmetic();

  /// s += phi^T v over `rows` rows.
  void accumulate(const float* phi, Index rows, const float* v, float* s);
  /// Rounds s for the calls of `contract` that follow.
  void set_state(const float* s);
  /// out = phi s.
  void contract(const float* phi, Index rows, float* out);

 private:
  Index features_;
  Index values_;
  Index ld_features_;
  Index ld_values_;
  const simd::Bfloat16Kernels* native_;
  std::vector<simd::Bfloat16Pair> phi_pairs_, value_pairs_, state_pairs_;
  Matrix<float> phi_, value_, state_;  ///< rounded, where there are no native kernels
};

}  // namespace bochner::attention_internals
