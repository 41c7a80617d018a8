// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/partners.hpp"
#include "pipeline/training_file.hpp"

/// \file
/// What the files of several processes hold together.

namespace bochner::pipeline {

/// Of the rows of all ranks, one file after the other, on each of them: exact counts; means and
/// deviations to rounding; a digest of the digests. The sample, on rank 0 alone, is of each file by
/// its share of the counted rows, as many in all as one file's may be. A constant column is one
/// that is so everywhere, at one value. Classes are not joined. Throws InvalidArgument when numbers
/// are too far apart for a double.
TrainingSummary joined_summary(const Partners& partners, const TrainingSummary& own, Seed seed);

}  // namespace bochner::pipeline
