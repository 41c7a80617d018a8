// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

/// \file
/// The parts of the module `bochner._core`, one file each.

namespace bochner::python {

void declare_given_frequencies(nanobind::module_& m);
void define_specs(nanobind::module_& m);
void define_records(nanobind::module_& m);
void define_maps(nanobind::module_& m);
void define_attention(nanobind::module_& m);
void define_attention_plans(nanobind::module_& m);
void define_attention_state(nanobind::module_& m);
void define_stored_arrays(nanobind::module_& m);
void define_kernels(nanobind::module_& m);
void define_gram(nanobind::module_& m);
void define_gram_errors(nanobind::module_& m);
void define_gram_clients(nanobind::module_& m);
void define_change_detector(nanobind::module_& m);
void define_embeddings(nanobind::module_& m);
void define_equations(nanobind::module_& m);
void define_regression(nanobind::module_& m);
void define_online_ridge(nanobind::module_& m);
void define_validation(nanobind::module_& m);
void define_intervals(nanobind::module_& m);
void define_feature_errors(nanobind::module_& m);
void define_models(nanobind::module_& m);
void define_estimators(nanobind::module_& m);
void define_studies(nanobind::module_& m);

}  // namespace bochner::python
