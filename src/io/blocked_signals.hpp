// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

/// \file
/// Moments that a signal must not fall into.

namespace bochner::io {

/// Signals to this thread wait for as long as it lives: between making a file and putting it on the
/// list of what is removed, say.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace bochner::io
