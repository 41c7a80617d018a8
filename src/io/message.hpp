// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

/// \file
/// Text for people: text of unknown origin and failures of the system, ready to be printed.

namespace bochner::io {

/// `text` as it may be shown: control characters (C0, C1, delete), marks that change the writing
/// direction, line separators, unassigned code points and bytes that are not UTF-8 appear as \xNN,
/// so that nothing in a file or a name can drive a terminal or break a document.
std::string printable(std::string_view text);

/// The same of a text of many lines, whose newlines stay.
std::string printable_lines(std::string_view text);

/// JSON text with such characters as its escapes \uNNNN: the same document.
std::string printable_json(std::string_view json);

/// Whether `text` is well-formed UTF-8, as JSON, and so the header of an archive, requires.
bool is_utf8(std::string_view text) noexcept;

/// `printable` between single quotes, cut after 40 characters.
std::string quoted(std::string_view text);

/// Writes `pieces` as one printable line. Takes no memory, so that it can say that none is left.
void write_line(int descriptor, std::initializer_list<std::string_view> pieces) noexcept;

/// Throws FileError "name: what: the system's words for `error_number`".
[[noreturn]] void fail_system(const std::string& name, const std::string& what, int error_number);

}  // namespace bochner::io
