// SPDX-License-Identifier: Apache-2.0
#include "client/attention/reduced_products.hpp"

#include "simd/engine.hpp"

namespace bochner::attention_internals {
namespace {

constexpr Index pairs_of(Index n) { return (n + 1) / 2; }

}  // namespace

ReducedProducts::ReducedProducts(Index num_features, Index value_dim)
    : features_(num_features),
      values_(value_dim),
      ld_features_(simd::padded<float>(num_features)),
      ld_values_(simd::padded<float>(value_dim)),
      native_(simd::native_bfloat16()) {
  constexpr Index kRows = simd::kBlockRows;
  if (native_) {
    // Words for both uses: pairs of rows, and rows of pairs that are written 16 numbers at a time.
    phi_pairs_.resize(static_cast<std::size_t>(kRows * ld_features_));
    value_pairs_.resize(static_cast<std::size_t>(pairs_of(kRows) * ld_values_));
    state_pairs_.resize(static_cast<std::size_t>(pairs_of(num_features) * ld_values_));
  } else {
    phi_ = Matrix<float>(kRows, ld_features_);
    value_ = Matrix<float>(kRows, ld_values_);
    state_ = Matrix<float>(num_features, ld_values_);
  }
}

const char* ReducedProducts::arithmetic() {
  return simd::native_bfloat16() ? "bfloat16" : "bfloat16 (emulated)";
}

void ReducedProducts::accumulate(const float* phi, Index rows, const float* v, float* s) {
  if (native_) {
    native_->pair_rows(phi, ld_features_, rows, features_, phi_pairs_.data(), ld_features_);
    native_->pair_rows(v, ld_values_, rows, values_, value_pairs_.data(), ld_values_);
    native_->accumulate(phi_pairs_.data(), ld_features_, pairs_of(rows), features_,
                        value_pairs_.data(), ld_values_, values_, s, ld_values_);
    return;
  }
  simd::round_to_bfloat16(phi, rows, features_, ld_features_, phi_.data());
  simd::round_to_bfloat16(v, rows, values_, ld_values_, value_.data());
  simd::kernels<float>().accumulate(phi_.data(), ld_features_, rows, features_, value_.data(),
                                    ld_values_, values_, nullptr, s, ld_values_);
}

void ReducedProducts::set_state(const float* s) {
  if (native_) {
    native_->pair_rows(s, ld_values_, features_, values_, state_pairs_.data(), ld_values_);
  } else {
    simd::round_to_bfloat16(s, features_, values_, ld_values_, state_.data());
  }
}

void ReducedProducts::contract(const float* phi, Index rows, float* out) {
  if (!native_) {
    simd::round_to_bfloat16(phi, rows, features_, ld_features_, phi_.data());
    simd::kernels<float>().contract(phi_.data(), ld_features_, rows, features_, state_.data(),
                                    ld_values_, values_, out, ld_values_);
    return;
  }
  native_->pair_columns(phi, ld_features_, rows, features_, phi_pairs_.data(), ld_features_);
  if (features_ % 2 != 0) {  // the partner of the last feature is padding, whatever that holds
    for (Index r = 0; r < rows; ++r) {
      phi_pairs_[static_cast<std::size_t>(r * ld_features_ + features_ / 2)] &= 0xFFFFU;
    }
  }
  native_->contract(phi_pairs_.data(), ld_features_, rows, pairs_of(features_), state_pairs_.data(),
                    ld_values_, values_, out, ld_values_);
}

}  // namespace bochner::attention_internals
