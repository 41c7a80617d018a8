// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/partners.hpp"

#include <exception>
#include <memory>
#include <string>

/// \file
/// Processes that a launcher of MPI started together.

namespace bochner::cli {

/// The processes that were started with this one, until it ends; null without a
/// launcher. Throws InvalidArgument where there are several and this build has no MPI.
std::unique_ptr<pipeline::Partners> launched_partners();

/// Of the files that a shell's pattern names, in the order of their names, that of `rank`. Throws
/// InvalidArgument unless there is one per rank.
std::string file_of_rank(const std::string& pattern, int rank, int size);

/// Ends the process without a word, as if nothing had been wrong: another one says what, and its
/// status is that of the run. A status of ours would have the launcher end it before it has spoken.
class ToldElsewhere : public std::exception {};

}  // namespace bochner::cli
