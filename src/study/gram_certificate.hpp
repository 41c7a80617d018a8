// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram.hpp"
#include "bochner/estimator/gram_error.hpp"
#include "study/gram_study.hpp"

#include <optional>
#include <vector>

/// \file
/// How wrong one draw of an approximate Gram matrix is, without forming it, and what columns of the
/// exact matrix would have done instead.

namespace bochner::study {

struct GramCertificate {
  FeatureMapSpec spec;
  std::optional<PredictedGramError> predicted;  ///< over draws, where there is a closed form
  SampledGramError sampled;                     ///< of this draw
  std::optional<Interval> relative;             ///< nothing where K is nearly sparse
  SpectralError spectral;                       ///< |K^ - K|_2
  DeltaSpectral delta;
  double seconds = 0.0;  ///< to certify it
};

struct GramCertificates {
  GramNorm norm;                ///< |K|_F^2
  SpectralError spectral_norm;  ///< |K|_2
  double lambda = 0.0;          ///< of Delta
  std::vector<GramCertificate> rows;
};

/// Certifies the first draw of every projection and number of frequencies of the plan. `lambda`:
/// beside K + lambda I. O(n^2 d) per step of the Lanczos iteration, K never stored.
GramCertificates certify(const GramStudyPlan& plan, MatrixView<const double> x, double lambda,
                         Index samples, Watcher* watcher = nullptr);

/// The same budget for all, twice.
struct GramComparison {
  GramNorm norm;        ///< |K|_F^2
  FeatureMapSpec spec;  ///< of the random features: the plan's first projection, most frequencies
  GramBudget memory;    ///< that of their features
  std::vector<ComparedGram> equal_memory;
  GramBudget time;  ///< that memory, and half as long again as they took
  std::vector<ComparedGram> equal_time;
};

GramComparison compare(const GramStudyPlan& plan, MatrixView<const double> x,
                       const std::vector<Pivoting>& pivotings, Index samples);

}  // namespace bochner::study
