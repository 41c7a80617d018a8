// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/search.hpp"

/// \file
/// The score of one candidate of a search.

namespace bochner::regression {

/// The best ridge for `spec` on `rows` by the criterion of `options`, and its score. `folds` divide
/// these rows; only k_fold uses them.
template <Scalar T>
SearchCandidate judge(const FeatureMapSpec& spec, const TrainingRows<T>& rows, const Folds& folds,
                      const SearchOptions& options, const Execution& execution);

}  // namespace bochner::regression
