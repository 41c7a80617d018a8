// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/problem.hpp"

#include <numbers>

/// \file
/// What decay and gates multiply the weights of keys by.

namespace bochner::attention_internals {

/// The keys of one key head, by row in memory: the weight of key j for a query whose last key is i
/// is multiplied by 2^-between(j, i) = 2^at(j) / 2^at(i). The latter is common to a row of weights,
/// so that keys carry 2^at(j) and normalisers divide the rest away.
class KeyFactors {
 public:
  /// Row 0 is key `first_number` of a stream.
  KeyFactors(const AttentionProblem& problem, Index batch, Index key_head, Index first_number = 0)
      : first_number_(first_number) {
    if (!problem.decay.empty()) {
      rate_ = std::numbers::log2e * problem.decay[static_cast<std::size_t>(key_head)];
    }
    if (problem.gates.data != nullptr) {
      sums_ =
          problem.gates.data + batch * problem.gates.stride(0) + key_head * problem.gates.stride(1);
    }
  }

  /// Whether all of them are 1.
  bool trivial() const noexcept { return rate_ == 0.0 && sums_ == nullptr; }
  double at(Index row) const {
    const double decayed = rate_ * static_cast<double>(first_number_ + row);
    return sums_ == nullptr ? decayed : decayed + sums_[row];
  }
  double between(Index row, Index last) const {
    const double decayed = rate_ * static_cast<double>(last - row);
    return sums_ == nullptr ? decayed : decayed + (sums_[last] - sums_[row]);
  }

 private:
  Index first_number_;
  double rate_ = 0.0;
  const double* sums_ = nullptr;
};

}  // namespace bochner::attention_internals
