// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <string>
#include <vector>

/// \file
/// Which map to use: every compatible one, ranked by its error on a sample of the data.

namespace bochner {

/// What the map may cost.
struct Budget {
  Index num_features = 256;  ///< columns of phi; at least 2
  Seed seed{};               ///< of the recommended specs, and of the sample
};

/// One map and what to expect of it.
struct Candidate {
  FeatureMapSpec spec;
  double error = 0.0;  ///< relative error to expect (of the Gram matrix, or of attention's output)
  double cost = 0.0;   ///< floating-point operations of the projection, per row
};

/// The ranking.
struct Recommendation {
  std::vector<Candidate> ranked;  ///< best first
  std::string reason;             ///< why the first one, in one sentence
  std::string warning;            ///< empty, or why the ranking says little
};

/// Ranks every compatible feature function and projection (parameters from the data by the closed
/// rules; with and without centring and the pair transform; constant radii with their bias) for
/// approximating the Gram matrix of rows like those of x (queries) and y (keys), by the relative
/// Frobenius error predicted from closed forms on a sample of up to 512 rows of each, at
/// num_features columns. Errors within 2 % count as equal, and the cheaper map comes first. Throws
/// InvalidArgument when shapes do not match, a view is empty, values are not finite or the budget
/// is below 2 columns.
BOCHNER_EXPORT Recommendation recommend(const Kernel& kernel, MatrixView<const double> x,
                                        MatrixView<const double> y, const Budget& budget,
                                        const Execution& execution = {});

inline Recommendation recommend(const Kernel& kernel, MatrixView<const float> x,
                                MatrixView<const float> y, const Budget& budget,
                                const Execution& execution = {}) {
  return recommend(kernel, in_double(x).view(), in_double(y).view(), budget, execution);
}

/// The same by the error of attention's output o_i = sum_j k(q_i, k_j) v_j / sum_j k(q_i, k_j): the
/// root mean square of |o^ - o| over up to 64 sampled queries (against up to 1,024 sampled keys)
/// and `redraws` draws of each map, relative to the root mean square of |o|. It is measured, not
/// predicted, and its order differs from that of the matrix; the reason also says what
/// `output_error` expects of the first, where it has a closed form. Throws as above, and when
/// redraws < 2.
BOCHNER_EXPORT Recommendation recommend_for_attention(const Kernel& kernel,
                                                      MatrixView<const double> queries,
                                                      MatrixView<const double> keys,
                                                      MatrixView<const double> values,
                                                      const Budget& budget, int redraws = 20,
                                                      const Execution& execution = {});
inline Recommendation recommend_for_attention(const Kernel& kernel, MatrixView<const float> queries,
                                              MatrixView<const float> keys,
                                              MatrixView<const float> values, const Budget& budget,
                                              int redraws = 20, const Execution& execution = {}) {
  return recommend_for_attention(kernel, in_double(queries).view(), in_double(keys).view(),
                                 in_double(values).view(), budget, redraws, execution);
}

}  // namespace bochner
