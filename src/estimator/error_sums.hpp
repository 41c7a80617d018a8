// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/gram_error.hpp"
#include "core/parallel.hpp"
#include "estimator/error_curve.hpp"
#include "estimator/log_sum.hpp"

#include <vector>

/// \file
/// Sums of the parts of the error over the entries of a Gram matrix.

namespace bochner::estimator {

struct ErrorSums {
  LogSum row;
  LogSum pair;
  LogSum block;
  LogSum bias;  ///< squared
  LogSum norm;  ///< of the matrix itself, squared

  void add(const ErrorSums& other);
  /// What has no sum is zero.
  GramErrorCurve curve(const BlockLaw& law) const;
};

/// `add(block, sums)` for every block, each into sums of its own, which are added in order.
template <class Add>
ErrorSums sum_over_blocks(Index blocks, const Execution& execution, const Add& add) {
  std::vector<ErrorSums> partial(static_cast<std::size_t>(blocks));
  parallel_for_blocks(blocks, execution, [&](Index block, int) {
    add(block, partial[static_cast<std::size_t>(block)]);
  });
  ErrorSums total;
  for (const ErrorSums& sums : partial) total.add(sums);
  return total;
}

}  // namespace bochner::estimator
