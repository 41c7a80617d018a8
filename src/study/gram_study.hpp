// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/core/watcher.hpp"
#include "bochner/estimator/gram_error.hpp"
#include "bochner/feature_map.hpp"

#include <optional>
#include <string>
#include <vector>

/// \file
/// The error of approximate Gram matrices over numbers of frequencies, predicted and measured.

namespace bochner::study {

/// What to study.
struct GramStudyPlan {
  Kernel kernel;
  FeatureFunction features;
  std::vector<Projection> projections;
  std::vector<Index> frequencies;  ///< ascending
  Seed seed;
  Index draws = 1;  ///< with seeds seed, seed + 1, ...
  Arithmetic arithmetic = Arithmetic::double_precision;
  Execution execution;
  Index sampled_from = 0;  ///< rows of the file, where only some of them are studied; else 0
};

/// One number of frequencies.
struct GramStudyRow {
  FeatureMapSpec spec;  ///< of the first draw
  /// Root of the mean square relative Frobenius error; nothing where it has no closed form.
  std::optional<double> predicted;
  std::vector<double> errors;    ///< relative Frobenius error of each draw
  double measured = 0.0;         ///< root of their mean square
  double standard_error = 0.0;   ///< of `measured`; 0 for one draw
  double feature_seconds = 0.0;  ///< to draw the map and compute all features, once
};

/// One projection.
struct GramStudyCurve {
  Projection projection;
  std::string gap;  ///< why nothing is predicted; empty where it is
  std::vector<GramStudyRow> rows;
};

struct GramStudy {
  double exact_seconds = 0.0;  ///< to compute every entry of the exact matrix, once
  std::vector<GramStudyCurve> curves;
};

/// The spec of one row. Throws InvalidArgument when there is no such map.
FeatureMapSpec study_spec(const GramStudyPlan& plan, Index input_dim, const Projection& projection,
                          Index num_frequencies);

/// The predicted error of a spec, or nothing where it has no closed form; `gap` then says why.
std::optional<GramErrorCurve> predicted_curve(const FeatureMapSpec& spec,
                                              MatrixView<const double> x,
                                              const Execution& execution, std::string& gap);

/// x in single precision.
Matrix<float> single(MatrixView<const double> x);

/// O(n^2 D) per row and draw, O(n D) memory.
GramStudy run_study(const GramStudyPlan& plan, MatrixView<const double> x,
                    Watcher* watcher = nullptr);

}  // namespace bochner::study
