// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Attention by random features, beside exact attention.

#include <bochner/client/attention/attention.hpp>
#include <bochner/client/attention/backend.hpp>
#include <bochner/client/attention/calibration.hpp>
#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/heads.hpp>
#include <bochner/client/attention/matrix.hpp>
#include <bochner/client/attention/narrow.hpp>
#include <bochner/client/attention/plan.hpp>
#include <bochner/client/attention/report.hpp>
#include <bochner/client/attention/state.hpp>
