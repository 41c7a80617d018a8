// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/registry.hpp"
#include "bochner/core/view.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// \file
/// One text form for every option: `name(member=value, ...)`, `[item, ...]`, numbers and words.
/// Writing and reading follow the `fields()` of each alternative.

namespace bochner::text {

struct Member;

/// A parsed value: a word or number, a call `word(name=value, ...)`, or a list `[value, ...]`.
struct Value {
  std::string word;
  std::vector<Member> members;
  std::vector<Value> items;
  Index position = 0;  ///< offset in the text, for messages
  bool is_list = false;
};

/// One `name=value` of a call.
struct Member {
  std::string name;
  Value value;
};

/// How deep calls and lists may be nested. Whatever is written must be readable, so a valid spec
/// has no option deeper than this (see `depth`).
inline constexpr int kMaxDepth = 16;

/// Parses one value and nothing else. Throws InvalidArgument naming the offset.
Value parse_value(std::string_view text);

/// Parses `name=value name=value ...`, separated by blanks. Throws InvalidArgument naming the
/// offset.
Value parse_members(std::string_view text);

/// The shortest text that reads back to the same double.
std::string number(double value);

/// Rounded to `digits` significant digits, for sentences.
std::string rounded(double value, int digits);

[[noreturn]] void fail(const Value& at, const std::string& what);

template <class T>
concept Named = requires {
  { T::name } -> std::convertible_to<std::string_view>;
  T::fields();
};

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// One number, or a list of them.
template <class T>
inline constexpr bool is_number_or_list =
    std::is_same_v<T, std::variant<double, std::vector<double>>>;

/// A value whose text is one word.
template <class T>
concept Word = requires(const T& value, const std::string& word) {
  { value.to_word() } -> std::same_as<std::string>;
  { T::from_word(word) } -> std::same_as<std::optional<T>>;
};

/// Whether a member is left out of the text: an empty list of a type that says so, or the default
/// of the one member that a type names. It reads back as the default.
template <class T, class M>
bool is_omitted([[maybe_unused]] const T& owner, [[maybe_unused]] M T::*member) {
  if constexpr (is_vector<M> && requires { T::omits_empty_lists; }) {
    return (owner.*member).empty();
  } else if constexpr (requires { member == T::omitted_by_default(); }) {
    return member == T::omitted_by_default() && owner.*member == T{}.*member;
  } else {
    return false;
  }
}

/// "a, b, c"
template <class Names>
std::string join(const Names& names) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

// --- writing -------------------------------------------------------------------------------------

template <class T>
std::string write(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return number(value);
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(names_of(value)[static_cast<std::size_t>(value)]);
  } else if constexpr (Registry<T>) {
    return std::visit([](const auto& alternative) { return write(alternative); }, value);
  } else if constexpr (Word<T>) {
    return value.to_word();
  } else if constexpr (is_vector<T>) {
    std::string out = "[";
    for (const auto& item : value) {
      if (out.size() > 1) out += ", ";
      out += write(item);
    }
    return out + "]";
  } else {
    static_assert(Named<T>, "an option needs a static `name` and a static `fields()`");
    std::string members;
    std::apply(
        [&](const auto&... field) {
          ((members += is_omitted(value, field.member)
                           ? std::string()
                           : (members.empty() ? "" : ", ") + std::string(field.name) + "=" +
                                 write(value.*field.member)),
           ...);
        },
        T::fields());
    return std::string(T::name) + (members.empty() ? "" : "(" + members + ")");
  }
}

/// How deep the text of a value is nested: 0 for numbers and words.
template <class T>
int depth(const T& value) {
  int deepest = 0;
  if constexpr (Registry<T>) {
    return std::visit([](const auto& alternative) { return depth(alternative); }, value);
  } else if constexpr (is_vector<T>) {
    for (const auto& item : value) deepest = std::max(deepest, 1 + depth(item));
  } else if constexpr (Named<T>) {
    std::apply(
        [&](const auto&... field) {
          ((deepest = std::max(deepest, 1 + depth(value.*field.member))), ...);
        },
        T::fields());
  }
  return deepest;
}

// --- reading -------------------------------------------------------------------------------------

template <class T>
void read(const Value& from, T& into);

/// Reads the members of `from` into the matching fields of `into`.
template <class T>
void read_fields(const Value& from, T& into) {
  for (const Member& member : from.members) {
    bool found = false;
    std::apply(
        [&](const auto&... field) {
          ((field.name == member.name ? (read(member.value, into.*field.member), found = true)
                                      : false),
           ...);
        },
        T::fields());
    if (!found) {
      std::vector<std::string_view> known;
      std::apply([&](const auto&... field) { (known.push_back(field.name), ...); }, T::fields());
      fail(member.value, std::string(T::name) + " has no option '" + member.name + "'" +
                             (known.empty() ? " (it has none)" : "; it has " + join(known)));
    }
  }
}

template <class Number>
void read_number(const Value& from, Number& into, const char* expected) {
  const char* const end = from.word.data() + from.word.size();
  const auto [rest, error] = std::from_chars(from.word.data(), end, into);
  if (error != std::errc{} || rest != end || !from.members.empty() || from.is_list) {
    fail(from, std::string("expected ") + expected + ", got '" + from.word + "'");
  }
}

template <class T>
void read(const Value& from, T& into) {
  if constexpr (std::is_same_v<T, double>) {
    read_number(from, into, "a number");
  } else if constexpr (std::is_integral_v<T>) {
    read_number(from, into, "a whole number");
  } else if constexpr (std::is_enum_v<T>) {
    const auto names = names_of(into);
    const auto found = std::find(names.begin(), names.end(), from.word);
    if (found == names.end()) {
      fail(from, "unknown value '" + from.word + "'; expected one of " + join(names));
    }
    into = static_cast<T>(found - names.begin());
  } else if constexpr (Word<T>) {
    const std::optional<T> value = T::from_word(from.word);
    if (!value || !from.members.empty() || from.is_list) {
      fail(from, "expected " + std::string(T::expected_word) + ", got '" + from.word + "'");
    }
    into = *value;
  } else if constexpr (is_number_or_list<T>) {
    if (from.is_list) {
      read(from, into.template emplace<std::vector<double>>());
    } else {
      read(from, into.template emplace<double>());
    }
  } else if constexpr (Registry<T>) {
    if (from.is_list) fail(from, "expected a name, got a list");
    const bool found = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return ((std::variant_alternative_t<I, VariantOf<T>>::name == from.word
                   ? (read_fields(from, into.template emplace<I>()), true)
                   : false) ||
              ...);
    }
    (std::make_index_sequence<kNumAlternatives<T>>{});
    bool shorthand = false;
    if constexpr (requires { read_shorthand(from, into); }) {
      if (!found) shorthand = read_shorthand(from, into);
    }
    if (!found && !shorthand) {
      fail(from,
           "unknown name '" + from.word + "'; expected one of " + join(alternative_names<T>()));
    }
  } else if constexpr (is_vector<T>) {
    if (!from.is_list) fail(from, "expected a list like [1, 2], got '" + from.word + "'");
    into.assign(from.items.size(), {});
    for (std::size_t i = 0; i < into.size(); ++i) read(from.items[i], into[i]);
  } else {
    static_assert(Named<T>);
    if (from.word != T::name) {
      fail(from, "expected '" + std::string(T::name) + "', got '" + from.word + "'");
    }
    read_fields(from, into);
  }
}

}  // namespace bochner::text
