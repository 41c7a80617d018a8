// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// \file
/// Words for people: text of unknown origin and failures of the system, ready to be printed.

namespace bochner::io {

/// `text` between single quotes, cut after 40 characters; control characters and bytes that are not
/// UTF-8 appear as \xNN, so that nothing in a file can drive a terminal.
std::string quoted(std::string_view text);

/// Throws FileError "name: what: the system's words for `error_number`".
[[noreturn]] void fail_system(const std::string& name, const std::string& what, int error_number);

}  // namespace bochner::io
