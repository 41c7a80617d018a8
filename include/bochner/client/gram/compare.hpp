// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/certificate.hpp>
#include <bochner/client/gram/nystrom.hpp>
#include <bochner/feature_map.hpp>

#include <limits>
#include <optional>
#include <vector>

/// \file
/// Random features beside approximations from columns of the matrix.

namespace bochner {

/// What every method may use.
struct GramBudget {
  Index memory = 0;  ///< bytes of the n x D factor; at least one column (one frequency)
  /// Seconds to build it: where this is finite, columns double from 16 on, and the last factor that
  /// was built in time counts (the first one always does).
  double seconds = std::numeric_limits<double>::infinity();
};

struct ComparedGram {
  std::optional<Pivoting> pivoting;  ///< nothing: random features
  Index columns = 0;                 ///< D of the factor
  Index bytes = 0;
  double seconds = 0.0;    ///< to build it
  SampledGramError error;  ///< by `sampled_error`, the same pairs for all
};

/// Builds each approximation of the Gram matrix of x within the budget and ranks them by their
/// estimated error, best first: random features of `spec` (whose num_frequencies is not used), then
/// `nystrom` for each of `pivotings`; its rank is at most n. The ranks of Nystrom factors that
/// explain K early are smaller than the budget allows. Throws InvalidArgument on a budget without
/// room, seconds that are not positive, and as the constructors and `sampled_error`.
template <Scalar T>
std::vector<ComparedGram> compare_approximations(const FeatureMapSpec& spec, MatrixView<const T> x,
                                                 const GramBudget& budget,
                                                 std::span<const Pivoting> pivotings,
                                                 const SampledErrorOptions& options = {},
                                                 const Execution& execution = {});

extern template BOCHNER_EXPORT std::vector<ComparedGram> compare_approximations(
    const FeatureMapSpec&, MatrixView<const float>, const GramBudget&, std::span<const Pivoting>,
    const SampledErrorOptions&, const Execution&);
extern template BOCHNER_EXPORT std::vector<ComparedGram> compare_approximations(
    const FeatureMapSpec&, MatrixView<const double>, const GramBudget&, std::span<const Pivoting>,
    const SampledErrorOptions&, const Execution&);

}  // namespace bochner
