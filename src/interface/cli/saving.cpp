// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/saving.hpp"

#include "bochner/core/error.hpp"
#include "interface/cli/warning.hpp"

#include <utility>

namespace bochner::cli {

Saving::Saving(std::string command, std::string job)
    : command_(std::move(command)), job_(std::move(job)) {}

void Saving::attempt(const std::function<void()>& save) {
  const bool warned = !failure_.empty();
  try {
    save();
    failure_.clear();
  } catch (const FileError& error) {
    failure_ = error.what();
    if (!warned) warn(command_, failure_ + "; " + job_ + " goes on without that checkpoint");
  }
}

}  // namespace bochner::cli
