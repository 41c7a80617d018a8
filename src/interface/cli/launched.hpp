// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/partners.hpp"

#include <exception>
#include <memory>
#include <string>
#include <vector>

/// \file
/// Processes that a launcher of MPI started together.

namespace bochner::cli {

/// The processes that were started with this one, until it ends; null without a launcher and where
/// it started one process alone. Throws InvalidArgument where there are several and this build has
/// no MPI.
std::unique_ptr<pipeline::Partners> launched_partners();

/// The files that a shell's pattern names, one per rank, in the order of their names. Throws
/// InvalidArgument unless there are so many, on all ranks, and the same ones on each.
std::vector<std::string> files_of_ranks(const std::string& pattern,
                                        const pipeline::Partners& partners);

/// What to read where there are no partners: `path`, unless a launcher started this process and
/// there is no file of this name, but one that it names as a pattern.
std::string file_alone(const std::string& path);

/// Ends the process without a word, as if nothing had been wrong: another one says what, and its
/// status is that of the run. A status of ours would have the launcher end it before it has spoken.
class ToldElsewhere : public std::exception {};

}  // namespace bochner::cli
