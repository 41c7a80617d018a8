// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Everything but the Eigen adaptor.

#include <bochner/client/attention.hpp>
#include <bochner/client/gram.hpp>
#include <bochner/client/regression.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/error.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/names.hpp>
#include <bochner/core/narrow.hpp>
#include <bochner/core/registry.hpp>
#include <bochner/core/view.hpp>
#include <bochner/core/watcher.hpp>
#include <bochner/estimator/check.hpp>
#include <bochner/estimator/feature_error.hpp>
#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/optimal_centring.hpp>
#include <bochner/estimator/optimal_pair_transform.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/output_error.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/recommend.hpp>
#include <bochner/estimator/variance.hpp>
#include <bochner/estimator/weighted_chi_square.hpp>
#include <bochner/feature_map.hpp>
#include <bochner/features/features.hpp>
#include <bochner/io/archive.hpp>
#include <bochner/io/column_names.hpp>
#include <bochner/io/column_selection.hpp>
#include <bochner/io/read_options.hpp>
#include <bochner/io/table.hpp>
#include <bochner/kernel/data_scale.hpp>
#include <bochner/kernel/kernel.hpp>
#include <bochner/kernel/options.hpp>
#include <bochner/pipeline/fit.hpp>
#include <bochner/pipeline/model.hpp>
#include <bochner/pipeline/standardisation.hpp>
#include <bochner/projection/projection.hpp>
#include <bochner/random/stream.hpp>
#include <bochner/version.hpp>
