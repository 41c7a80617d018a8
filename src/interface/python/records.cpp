// SPDX-License-Identifier: Apache-2.0
#include "interface/python/records.hpp"

#include "bochner/client/attention.hpp"
#include "bochner/client/gram.hpp"
#include "bochner/client/regression.hpp"
#include "bochner/estimator/check.hpp"
#include "bochner/estimator/feature_error.hpp"
#include "interface/python/module.hpp"

namespace bochner::python {
namespace {

template <Record R>
void add(nb::dict& all, const char* name) {
  all[name] = to_dict(R{});
}

}  // namespace

/// `defaults`: what each struct of options and each report holds by default, by its name in C++.
/// Signatures and records in Python say the same once more, and are tested against it.
void define_records(nb::module_& m) {
  nb::dict all;
  add<AttentionOptions>(all, "AttentionOptions");
  add<AttentionErrorOptions>(all, "AttentionErrorOptions");
  add<CalibrationOptions>(all, "CalibrationOptions");
  add<AttentionReport>(all, "AttentionReport");
  add<AttentionErrorReport>(all, "AttentionErrorReport");
  add<EffectiveNorms>(all, "EffectiveNorms");
  add<AttentionComparison>(all, "AttentionComparison");
  add<HeadPlan>(all, "HeadPlan");
  add<RidgeOptions>(all, "RidgeOptions");
  add<FitOptions>(all, "FitOptions");
  add<LogisticOptions>(all, "LogisticOptions");
  add<SearchOptions>(all, "SearchOptions");
  add<FitReport>(all, "FitReport");
  add<LogisticReport>(all, "LogisticReport");
  add<RidgePath>(all, "RidgePath");
  add<CrossValidation>(all, "CrossValidation");
  add<LogisticValidation>(all, "LogisticValidation");
  add<SearchCandidate>(all, "SearchCandidate");
  add<SearchResult>(all, "SearchResult");
  add<GramSolveOptions>(all, "GramSolveOptions");
  add<ClusterOptions>(all, "ClusterOptions");
  add<NystromOptions>(all, "NystromOptions");
  add<KernelTestOptions>(all, "KernelTestOptions");
  add<ChangeDetectorOptions>(all, "ChangeDetectorOptions");
  add<Change>(all, "Change");
  add<EmbeddingDistance>(all, "EmbeddingDistance");
  add<SampledErrorOptions>(all, "SampledErrorOptions");
  add<HutchinsonOptions>(all, "HutchinsonOptions");
  add<LanczosErrorOptions>(all, "LanczosErrorOptions");
  add<GramSolveReport>(all, "GramSolveReport");
  add<SampledGramError>(all, "SampledGramError");
  add<SpectralError>(all, "SpectralError");
  add<DeltaSpectral>(all, "DeltaSpectral");
  add<FeatureErrorOptions>(all, "FeatureErrorOptions");
  add<FeatureErrors>(all, "FeatureErrors");
  add<CheckOptions>(all, "CheckOptions");
  add<CheckResult>(all, "CheckResult");
  m.attr("defaults") = all;
}

}  // namespace bochner::python
