// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/terminal_watcher.hpp"

#include "interface/cli/warning.hpp"

#include <utility>

namespace bochner::cli {

TerminalWatcher::TerminalWatcher(std::string command) : command_(std::move(command)) {}

void TerminalWatcher::begin(const Stage& stage) {
  line_.emplace(std::string(stage.what), stage.total, std::string(stage.unit));
  line_->begin_at(stage.done);
}

void TerminalWatcher::advance(double work) { line_->advance(work); }
void TerminalWatcher::end() noexcept { line_.reset(); }
void TerminalWatcher::warn(const std::string& what) { cli::warn(command_, what); }
void TerminalWatcher::guard() { deferred_.emplace(); }
void TerminalWatcher::unguard() noexcept { deferred_.reset(); }
bool TerminalWatcher::stopping() { return noted_signal() != 0; }

}  // namespace bochner::cli
