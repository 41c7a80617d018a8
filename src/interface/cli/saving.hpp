// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace bochner::cli {

/// How a long job saves its state from time to time: where that cannot be written the job goes on,
/// and says so at the first failure after each success.
class Saving {
 public:
  /// `command` and `job` as the warning calls them: "fit", "the fit".
  Saving(std::string command, std::string job);
  /// Calls `save`, whose FileError becomes the warning.
  void attempt(const std::function<void()>& save);
  /// Why the last state could not be saved; empty where it was.
  const std::string& failure() const noexcept { return failure_; }

 private:
  std::string command_;
  std::string job_;
  std::string failure_;
};

}  // namespace bochner::cli
