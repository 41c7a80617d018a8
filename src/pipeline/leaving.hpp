// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/watcher.hpp"
#include "io/checkpoint.hpp"

#include <string>

namespace bochner::pipeline {

/// Throws Interrupted where the watcher asks to stop and there is nothing to keep yet.
inline void leave_if_asked(Watcher* watcher, const std::string& when) {
  if (watcher == nullptr || !watcher->stopping()) return;
  throw Interrupted("interrupted " + when + "; the same call begins again",
                    Interrupted::Kept::nothing);
}

/// body(), which comes after the sums and keeps nothing; where it is left `when`, the checkpoint,
/// if there is one, still holds what it did.
template <class Body>
auto after_sums(const io::Checkpoint* checkpoint, const std::string& when, const Body& body) {
  try {
    return body();
  } catch (const Interrupted&) {
    if (checkpoint == nullptr || !checkpoint->exists()) throw;
    throw Interrupted(
        "interrupted " + when + "; " + checkpoint->name() + " holds the sums of rows before",
        Interrupted::Kept::state);
  }
}

}  // namespace bochner::pipeline
