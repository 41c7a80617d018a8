// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/nystrom.hpp"
#include "bochner/io/read_options.hpp"
#include "bochner/pipeline/fit.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Options that are one of a few words.

namespace bochner::cli {

/// A word, and what it stands for.
template <class Enum>
struct Choice {
  std::string word;
  Enum value;
};

/// What an option may say, in the order of messages.
template <class Enum>
using Choices = std::vector<Choice<Enum>>;

/// The words of an enumeration: what its `names_of` says, or else a table of choices.cpp.
template <class Enum>
Choices<Enum> choices_of() {
  Choices<Enum> out;
  for (const std::string_view name : names_of(Enum{})) {
    out.push_back({std::string(name), static_cast<Enum>(out.size())});
  }
  return out;
}
template <>
Choices<Arithmetic> choices_of();
template <>
Choices<Criterion> choices_of();
template <>
Choices<Pivoting> choices_of();
template <>
Choices<Solver> choices_of();
template <>
Choices<io::Delimiter> choices_of();
template <>
Choices<io::Format> choices_of();
template <>
Choices<io::Header> choices_of();

/// "a, b or c"
template <class Enum>
std::string words_of(const Choices<Enum>& choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i].word;
  }
  return out;
}

/// The value that `text` names, if it names one.
template <class Enum>
std::optional<Enum> find_choice(const std::string& text,
                                const Choices<Enum>& choices = choices_of<Enum>()) {
  for (const Choice<Enum>& choice : choices) {
    if (choice.word == text) return choice.value;
  }
  return std::nullopt;
}

/// The value that `text` names. Throws UsageError with all words.
template <class Enum>
Enum parse_choice(const std::string& option, const std::string& text,
                  const Choices<Enum>& choices = choices_of<Enum>()) {
  if (const auto value = find_choice(text, choices)) return *value;
  throw UsageError(option + ": expected " + words_of(choices) + ", got " + io::quoted(text));
}

}  // namespace bochner::cli
