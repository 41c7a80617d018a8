// SPDX-License-Identifier: Apache-2.0
#include "support/fields.hpp"

#include "bochner/client/gram.hpp"
#include "bochner/estimator/check.hpp"

using namespace bochner;

TEST_CASE("options and reports of Gram matrices and checks list every member", "[fields]") {
  require_whole_options<GramSolveOptions>();
  require_whole_options<ClusterOptions>();
  require_whole_options<NystromOptions>();
  require_whole_options<KernelTestOptions>();
  require_whole_options<ChangeDetectorOptions>();
  require_whole_options<SampledErrorOptions>();
  require_whole_options<HutchinsonOptions>();
  require_whole_options<LanczosErrorOptions>();
  require_whole_options<CheckOptions>();
  require_whole<GramSolveReport>();
  require_whole<EmbeddingDistance>();
  require_whole<Change>();
  require_whole<SampledGramError>();
  require_whole<SpectralError>();
  require_whole<DeltaSpectral>();
  require_whole<CheckResult>();
}
