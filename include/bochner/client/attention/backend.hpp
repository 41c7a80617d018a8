// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>

#include <array>
#include <string_view>

/// \file
/// Exact attention or random features: which is faster.

namespace bochner {

enum class AttentionBackend { exact, random_features };
constexpr std::array<std::string_view, 2> names_of(AttentionBackend) {
  return {"exact", "random-features"};
}

struct AttentionLengths {
  Index queries = 0;  ///< L
  Index keys = 0;     ///< S
};

/// Nanoseconds on one thread. Only their ratios decide, and those change little from one machine to
/// the next; `bench_attention_costs` prints them for the machine at hand.
struct AttentionCosts {
  double product = 0.0078;  ///< of a multiply-add in a large product
  double weight = 0.47;     ///< of the exponential of an exact weight, and what goes with it
  double feature = 0.46;    ///< of the same for a feature
  double fold = 0.93;       ///< of an entry of the state, each time a causal chunk joins it
};

/// Modelled nanoseconds of one head with keys and values of `dim` columns and D features per row
/// (`FeatureMap::num_features`), on one thread:
///   exact            P (2 d product + weight),  P the pairs of a query and a key that it sees;
///   random features  (L + S) D (2 d product + feature)
///                    + when causal, L 32 (D + d) product + S / 64 D d fold,
/// where a causal chunk has 64 keys, of which a query sees half. Causal queries are the last L of S
/// positions. Throws InvalidArgument when a length is negative or `dim` or `num_features` is not
/// positive.
BOCHNER_EXPORT double attention_nanoseconds(AttentionBackend backend,
                                            const AttentionLengths& lengths, Index dim,
                                            Index num_features, Mask mask,
                                            const AttentionCosts& costs = {});

/// The backend whose modelled time is shorter; exact when they are equal, since it has no error.
/// Its crossover lies within a factor of 2 of the measured one.
BOCHNER_EXPORT AttentionBackend attention_backend(const AttentionLengths& lengths, Index dim,
                                                  Index num_features, Mask mask,
                                                  const AttentionCosts& costs = {});

}  // namespace bochner
