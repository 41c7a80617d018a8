// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/watcher.hpp"

#include <functional>
#include <string>

namespace bochner::pipeline {

/// How a long job saves its state from time to time: where that cannot be written the job goes on,
/// and warns at the first failure after each success.
class Saving {
 public:
  /// `job` as the warning calls it: "the fit".
  Saving(Watcher* watcher, std::string job);
  /// Calls `save`, whose FileError becomes the warning.
  void attempt(const std::function<void()>& save);
  /// Why the last state could not be saved; empty where it was.
  const std::string& failure() const noexcept { return failure_; }

 private:
  Watcher* watcher_;
  std::string job_;
  std::string failure_;
};

}  // namespace bochner::pipeline
