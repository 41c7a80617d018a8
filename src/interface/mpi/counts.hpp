// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

/// \file
/// Lengths as MPI counts them.

namespace bochner::mpi {

/// Of pieces that follow each other: where each begins, the end of all, and their lengths.
struct Counts {
  std::vector<int> starts;
  std::vector<int> lengths;
  int total = 0;
};

/// Throws InvalidArgument where all of them together are more than MPI counts.
inline Counts counts_of(std::span<const std::uint64_t> lengths) {
  std::uint64_t total = 0;
  for (const std::uint64_t length : lengths) total += length;
  if (total > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
    throw InvalidArgument("what ranks say is " + std::to_string(total) +
                          " bytes, MPI counts to 2^31 - 1");
  }
  Counts out;
  for (const std::uint64_t length : lengths) {
    out.starts.push_back(out.total);
    out.lengths.push_back(static_cast<int>(length));
    out.total += out.lengths.back();
  }
  return out;
}

}  // namespace bochner::mpi
