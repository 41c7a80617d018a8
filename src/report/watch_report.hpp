// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/change_detector.hpp"
#include "pipeline/stream_watch.hpp"

#include <string>

/// \file
/// Changes in a stream, a line each. Rows are counted from 1.

namespace bochner::report {

/// What is watched, and what the columns of the lines are.
std::string watch_head(const std::string& file, const std::string& layout,
                       const pipeline::WatchRequest& request);
std::string watch_text(const Change& change);
std::string watch_json(const Change& change);

}  // namespace bochner::report
