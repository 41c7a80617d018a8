// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/view.hpp"
#include "interface/cli/usage_error.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// \file
/// Values of options, from their text. A text that is wrong is a UsageError that names the option.

namespace bochner::cli {

/// The items of a comma-separated list; commas inside parentheses and brackets do not separate.
std::vector<std::string> parse_list(const std::string& option, const std::string& text);

/// A whole number in [least, most].
std::uint64_t parse_whole(const std::string& option, const std::string& text, std::uint64_t least,
                          std::uint64_t most);

/// A number that is finite and positive.
double parse_positive(const std::string& option, const std::string& text);

/// A number between 0 and 1, both excluded.
double parse_fraction(const std::string& option, const std::string& text);

/// Counts of frequencies in ascending order, each once: a list of numbers and of ranges
/// `first:last`, which double from `first` on.
std::vector<Index> parse_frequencies(const std::string& option, const std::string& text);

/// Throws UsageError with the parser's reason, which may name a position in `text`.
[[noreturn]] void refuse_option(const std::string& option, const std::string& text,
                                const std::string& reason);

/// `parse(text)`, its InvalidArgument made a UsageError.
template <class Parse>
auto parse_option(const std::string& option, const std::string& text, const Parse& parse) {
  try {
    return parse(text);
  } catch (const InvalidArgument& error) {
    refuse_option(option, text, error.what());
  }
}

}  // namespace bochner::cli
