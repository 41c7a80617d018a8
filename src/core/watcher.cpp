// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/watcher.hpp"

namespace bochner {

Watcher::~Watcher() = default;
void Watcher::begin(const Stage& /*stage*/) {}
void Watcher::advance(double /*work*/) {}
void Watcher::end() noexcept {}
void Watcher::warn(const std::string& /*what*/) {}
void Watcher::guard() {}
void Watcher::unguard() noexcept {}
bool Watcher::stopping() { return false; }

Progress::Progress(Watcher* watcher, const Stage& stage) : watcher_(watcher) {
  if (watcher_ != nullptr) watcher_->begin(stage);
}

Progress::~Progress() {
  if (watcher_ != nullptr) watcher_->end();
}

void Progress::advance(double work) {
  if (watcher_ != nullptr) watcher_->advance(work);
}

StopRequests::StopRequests(Watcher* watcher) : watcher_(watcher) {
  if (watcher_ != nullptr) watcher_->guard();
}

StopRequests::~StopRequests() {
  if (watcher_ != nullptr) watcher_->unguard();
}

bool StopRequests::pending() const { return watcher_ != nullptr && watcher_->stopping(); }

}  // namespace bochner
