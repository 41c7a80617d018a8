// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Gram matrices: exact, approximate, and how far one is from the other.

#include <bochner/client/gram/approximation.hpp>
#include <bochner/client/gram/certificate.hpp>
#include <bochner/client/gram/change_detector.hpp>
#include <bochner/client/gram/clusters.hpp>
#include <bochner/client/gram/compare.hpp>
#include <bochner/client/gram/conditional_independence.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/kernel_test.hpp>
#include <bochner/client/gram/matrix.hpp>
#include <bochner/client/gram/mean_embedding.hpp>
#include <bochner/client/gram/nystrom.hpp>
#include <bochner/client/gram/principal_components.hpp>
#include <bochner/client/gram/result_errors.hpp>
#include <bochner/client/gram/shifted.hpp>
#include <bochner/client/gram/two_sample.hpp>
