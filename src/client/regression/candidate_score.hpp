// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/search.hpp"

/// \file
/// One candidate of a search, judged.

namespace bochner::regression {

/// The best ridge for `spec` on `rows` by the criterion of `options`, and the score there. `folds`
/// are of these rows, for k_fold.
template <Scalar T>
SearchCandidate judge(const FeatureMapSpec& spec, const TrainingRows<T>& rows, const Folds& folds,
                      const SearchOptions& options, const Execution& execution);

}  // namespace bochner::regression
