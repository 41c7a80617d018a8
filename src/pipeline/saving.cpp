// SPDX-License-Identifier: Apache-2.0
#include "pipeline/saving.hpp"

#include "bochner/core/error.hpp"

#include <utility>

namespace bochner::pipeline {

Saving::Saving(Watcher* watcher, std::string job) : watcher_(watcher), job_(std::move(job)) {}

void Saving::attempt(const std::function<void()>& save) {
  const bool warned = !failure_.empty();
  try {
    save();
    failure_.clear();
  } catch (const FileError& error) {
    failure_ = error.what();
    if (warned || watcher_ == nullptr) return;
    watcher_->warn(failure_ + "; " + job_ + " goes on without that checkpoint");
  }
}

}  // namespace bochner::pipeline
