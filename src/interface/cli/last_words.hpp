// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// How the process ends where no handler of exceptions can help.

namespace bochner::cli {

inline constexpr const char* kNoMemory = "not enough memory";

/// An exception that nothing can catch (thrown before `main`, by a destructor, in a function that
/// may not throw, or one there is no memory to make) removes the temporary files; where memory is
/// its reason the process says so, takes none to do it, and ends with status 1. They are removed,
/// too, where a library calls exit(). May be called more than once.
void install_last_words() noexcept;

}  // namespace bochner::cli
