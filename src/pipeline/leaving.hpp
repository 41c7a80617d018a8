// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/watcher.hpp"

#include <string>

namespace bochner::pipeline {

/// Throws Interrupted where the watcher asks to stop and there is nothing to keep yet.
inline void leave_if_asked(Watcher* watcher, const std::string& when) {
  if (watcher == nullptr || !watcher->stopping()) return;
  throw Interrupted("interrupted " + when + "; the same call begins again",
                    Interrupted::Kept::nothing);
}

}  // namespace bochner::pipeline
