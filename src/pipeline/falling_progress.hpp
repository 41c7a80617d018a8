// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/watcher.hpp"

#include <algorithm>
#include <cmath>

/// \file
/// The progress of an iteration, told by its residual.

namespace bochner::pipeline {

/// The stage of an iterative fit. The residual falls from 1 to the tolerance by a constant factor
/// per iteration, more or less, so the work is its logarithm.
class FallingProgress {
 public:
  FallingProgress(Watcher* watcher, double tolerance)
      : total_(-std::log(tolerance)), progress_(watcher, {"fit", total_}) {}

  void reach(double residual) {
    const double now = std::clamp(-std::log(residual), reached_, total_);
    progress_.advance(now - reached_);
    reached_ = now;
  }

 private:
  double total_;
  double reached_ = 0.0;
  Progress progress_;
};

}  // namespace bochner::pipeline
