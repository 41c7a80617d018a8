// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/partners.hpp"
#include "pipeline/training_file.hpp"

#include <span>
#include <string>

/// \file
/// What the files of several processes hold together.

namespace bochner::pipeline {

/// What a rank draws rows of its file with: were it the same everywhere, files of equal length
/// would give rows of the same numbers, which may belong together.
Seed seed_of_rank(Seed seed, int rank);

/// Of the rows of all ranks, one file after the other, on each of them: exact counts; means and
/// deviations to rounding; a digest of the digests. The sample, on rank 0 alone, is of each file by
/// its share of the counted rows, as many in all as one file's may be. A constant column is one
/// that is so everywhere, at one value. Classes are not joined. Throws InvalidArgument when numbers
/// are too far apart for a double, with the column's name of `names`, one per mean.
TrainingSummary joined_summary(const Partners& partners, const TrainingSummary& own,
                               std::span<const std::string> names, Seed seed);

}  // namespace bochner::pipeline
