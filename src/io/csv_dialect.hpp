// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/read_options.hpp"

#include <string_view>
#include <vector>

/// \file
/// What the first lines of delimiter-separated text say about how it is written.

namespace bochner::io {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Text without the spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// The character that ends lines: '\r' where the text has some and no '\n', else '\n'.
char choose_line_end(std::string_view head);

/// Fields of a line, as far as one can tell; quotes around them are left out. `delimiter` is not
/// automatic.
std::vector<std::string_view> sample_fields(std::string_view line, Delimiter delimiter);

/// The delimiter of a table whose first lines are `lines`. The one of commas, semicolons and tabs
/// that the first line has most of, where commas between two digits (1,5) count only if there is
/// nothing else; blanks where there is none of the three, and two lines have as many fields, or
/// where a field between tabs holds several numbers.
Delimiter choose_delimiter(const std::vector<std::string_view>& lines);

/// How the first line of a table is taken.
enum class FirstLine { data, names, numbers_of_columns };

/// `names` when no field is a number, with a decimal point or comma; `numbers_of_columns` when the
/// fields are 0, 1, 2, ... or 1, 2, 3, ..., perhaps after an empty one, the line after it does not
/// go on counting, and either there are at least three from 0 on or six from 1 on, or no number
/// below is a whole one.
FirstLine choose_first_line(const std::vector<std::string_view>& lines, Delimiter delimiter);

/// The character that separates fields; a space for blanks.
char character_of(Delimiter delimiter);

}  // namespace bochner::io
