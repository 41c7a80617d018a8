// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/watcher.hpp"
#include "interface/cli/progress.hpp"
#include "interface/cli/signals.hpp"

#include <optional>
#include <string>

namespace bochner::cli {

/// Shows a long call on the standard error: a line of progress, warnings; and stops it on a signal.
class TerminalWatcher final : public Watcher {
 public:
  /// `command` as warnings call it.
  explicit TerminalWatcher(std::string command);
  void begin(const Stage& stage) override;
  void advance(double work) override;
  void end() noexcept override;
  void warn(const std::string& what) override;
  void guard() override;
  void unguard() noexcept override;
  bool stopping() override;

 private:
  std::string command_;
  std::optional<ProgressLine> line_;
  std::optional<DeferredSignals> deferred_;
};

}  // namespace bochner::cli
