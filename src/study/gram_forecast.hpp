// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "study/gram_study.hpp"

/// \file
/// How long exact work on a Gram matrix takes, which grows with the square of the rows: from the
/// time of the same work on a few of them.

namespace bochner::study {

/// Rows that a study is timed on.
inline constexpr Index kForecastRows = 512;

/// Seconds of `run_study`; 0, and nothing is timed, where it is soon done.
double gram_study_seconds(const GramStudyPlan& plan, MatrixView<const double> x);

/// Seconds to compute every entry of the exact matrix once; 0 likewise.
double exact_gram_seconds(const GramStudyPlan& plan, MatrixView<const double> x);

}  // namespace bochner::study
