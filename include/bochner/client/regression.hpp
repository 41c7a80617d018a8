// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Kernel regression in feature space.

#include <bochner/client/regression/classes.hpp>
#include <bochner/client/regression/cross_validation.hpp>
#include <bochner/client/regression/fit.hpp>
#include <bochner/client/regression/folds.hpp>
#include <bochner/client/regression/groups.hpp>
#include <bochner/client/regression/label_sets.hpp>
#include <bochner/client/regression/leverage.hpp>
#include <bochner/client/regression/logistic_regression.hpp>
#include <bochner/client/regression/logistic_validation.hpp>
#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/client/regression/online_ridge.hpp>
#include <bochner/client/regression/prediction_intervals.hpp>
#include <bochner/client/regression/ridge_feature_errors.hpp>
#include <bochner/client/regression/ridge_path.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/client/regression/search.hpp>
#include <bochner/client/regression/training_rows.hpp>
