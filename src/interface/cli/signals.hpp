// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bochner::cli {

/// On an interrupt (and any other signal that asks a process to end: quit, hang-up, termination,
/// broken pipe, a limit or alarm of time, the users' own two) the process leaves at once with
/// status 128 + the signal's number, its temporary files removed, its progress line gone. A file
/// beyond the limit of sizes is an error of the write, not a signal.
void install_signal_handlers();

/// While one lives, the first of these signals but a broken pipe is only noted, so that a long job
/// can save its state; the second one leaves at once.
class DeferredSignals {
 public:
  DeferredSignals() noexcept;
  DeferredSignals(const DeferredSignals&) = delete;
  DeferredSignals& operator=(const DeferredSignals&) = delete;
  ~DeferredSignals();
};

/// The first signal that was noted, or 0.
int noted_signal() noexcept;

/// Opens the null device in place of a closed standard stream, so that no file we open takes its
/// number; reads from it and writes to it fail as they would have.
void guard_standard_streams();

}  // namespace bochner::cli
