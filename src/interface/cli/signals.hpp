// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bochner::cli {

/// On an interrupt (and a hang-up, termination or broken pipe) the process leaves at once with
/// status 128 + the signal's number, its temporary files removed, its progress line gone.
void install_signal_handlers();

/// Opens the null device in place of a closed standard stream, so that no file we open takes its
/// number; reads from it and writes to it fail as they would have.
void guard_standard_streams();

}  // namespace bochner::cli
