// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/report.hpp"
#include "client/attention/seen_rows.hpp"

#include <vector>

/// \file
/// What closed forms say about attention on sampled rows.

namespace bochner::attention_internals {

/// Relative error of the output (`output_error`); infinite where it leaves the range. Quasi-random
/// frequencies are treated as independent.
double predicted_output_error(const FeatureMapSpec& spec, const std::vector<SeenRows>& rows,
                              const Execution& execution);

EffectiveNorms effective_norms(const FeatureMapSpec& spec, const std::vector<SeenRows>& rows);

/// The spec with `optimal_centring`.
FeatureMapSpec centred_spec(FeatureMapSpec spec, const std::vector<SeenRows>& rows);

/// The spec without centring, with hyperbolic OPRF features whose parameter suits these rows, and
/// about as many features.
FeatureMapSpec oprf_spec(FeatureMapSpec spec, const std::vector<SeenRows>& rows);

}  // namespace bochner::attention_internals
