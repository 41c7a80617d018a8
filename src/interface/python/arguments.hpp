// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/names.hpp"
#include "bochner/core/registry.hpp"
#include "core/text.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// \file
/// Arguments of public calls that Python's layer does not stand before: taken as they come, so that
/// refusals name the call and the argument.

namespace bochner::python {

namespace nb = nanobind;

/// "function: argument is 'a', expected a number" as a TypeError.
[[noreturn]] void refuse(const std::string& place, nb::handle value, const std::string& expected);

/// The same as a ValueError, for values of the right type.
[[noreturn]] void refuse_value(const std::string& place, nb::handle value,
                               const std::string& expected);

/// "function: argument is int, expected a kernel" as a TypeError: what stands there is so different
/// that its kind says more than its value.
[[noreturn]] void refuse_kind(const std::string& place, nb::handle value,
                              const std::string& expected);

/// "function: argument is 'a': reason" as a ValueError, for a text that stands for nothing.
[[noreturn]] void refuse_text(const std::string& place, nb::handle value,
                              const std::string& reason);

/// A text's bytes. Throws ValueError where UTF-8 has none for it.
std::string utf8(const std::string& place, nb::handle text);

/// A float, or what becomes one; neither True nor text.
double number(const std::string& place, nb::handle value);

/// An integer, or what stands for one; neither True nor 1.0.
nb::object integer(const std::string& place, nb::handle value);

/// Whether it is a list, a tuple, an array: any sequence but text and bytes.
bool is_sequence(nb::handle value);

/// The entries of a list, a tuple, an array of one dimension: of any sequence but text and bytes.
nb::list entries(const std::string& place, nb::handle value);

/// The name of a class.
std::string own_name(nb::handle type);

/// How a value of type M goes in and out, and what signatures call it. `place` is the call and the
/// argument, "GaussianKernel: metric". This one is for classes that nanobind knows.
template <class M>
struct Outer {
  static std::string type() { return own_name(nb::type<M>()); }
  static M in(const std::string& place, nb::handle value) {
    if (!nb::isinstance<M>(value)) refuse(place, value, "an instance of " + type());
    return nb::cast<M>(value);
  }
  static M out(const M& value) { return value; }
};

template <>
struct Outer<double> {
  static std::string type() { return "float"; }
  static double in(const std::string& place, nb::handle value) { return number(place, value); }
  static double out(double value) { return value; }
};

template <std::integral N>
struct Outer<N> {
  static std::string type() { return "int"; }
  static N in(const std::string& place, nb::handle value) {
    const nb::object whole = integer(place, value);
    N out;
    if (!nb::try_cast<N>(whole, out)) {
      refuse_value(place, value,
                   std::to_string(std::numeric_limits<N>::min()) + " to " +
                       std::to_string(std::numeric_limits<N>::max()));
    }
    return out;
  }
  static N out(N value) { return value; }
};

template <>
struct Outer<std::string> {
  static std::string type() { return "str"; }
  static std::string in(const std::string& place, nb::handle value) {
    std::string out;
    if (!nb::try_cast<std::string>(value, out)) refuse(place, value, "text");
    return out;
  }
};

/// Anything, for calls that look themselves.
template <>
struct Outer<nb::object> {
  static nb::object in(const std::string& /*place*/, nb::handle value) { return nb::borrow(value); }
};

/// Enumerations are words.
template <NamedEnum E>
struct Outer<E> {
  static std::string type() { return "str"; }
  static E in(const std::string& place, nb::handle value) {
    const std::string expected = "one of " + text::join(names_of(E{}));
    std::string word;
    if (!nb::try_cast<std::string>(value, word)) refuse(place, value, expected);
    if (const auto found = enumerator_of<E>(word)) return *found;
    refuse_value(place, value, expected);
  }
  static std::string out(E value) { return std::string(name_of(value)); }
};

/// Lists come back as tuples: options are values and do not change.
template <class M>
struct Outer<std::vector<M>> {
  static std::string type() { return "collections.abc.Sequence[" + Outer<M>::type() + "]"; }
  static std::vector<M> in(const std::string& place, nb::handle value) {
    const nb::list given = entries(place, value);
    std::vector<M> out;
    out.reserve(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
      out.push_back(Outer<M>::in(place + "[" + std::to_string(i) + "]", given[i]));
    }
    return out;
  }
  static nb::typed<nb::tuple, M, nb::ellipsis> out(const std::vector<M>& value) {
    return nb::borrow<nb::typed<nb::tuple, M, nb::ellipsis>>(nb::tuple(nb::cast(value)));
  }
};

/// A number, or a list of them.
template <class M>
struct Outer<std::variant<M, std::vector<M>>> {
  using Value = std::variant<M, std::vector<M>>;
  static std::string type() { return Outer<M>::type() + " | " + Outer<std::vector<M>>::type(); }
  static Value in(const std::string& place, nb::handle value) {
    if (is_sequence(value)) return Outer<std::vector<M>>::in(place, value);
    return Outer<M>::in(place, value);
  }
  using Out = std::variant<M, nb::typed<nb::tuple, M, nb::ellipsis>>;
  static Out out(const Value& value) {
    return std::visit(
        []<class Held>(const Held& held) -> Out {
          if constexpr (std::same_as<Held, M>) {
            return held;
          } else {
            return Outer<Held>::out(held);
          }
        },
        value);
  }
};

/// A registry is one of its alternatives.
template <Registry R>
struct Outer<R> {
  static std::string type() {
    return joined(" | ", std::make_index_sequence<kNumAlternatives<R>>{});
  }
  static R in(const std::string& place, nb::handle value) {
    return alternative(place, value, std::make_index_sequence<kNumAlternatives<R>>{});
  }
  static R out(const R& value) { return value; }

 private:
  template <std::size_t I>
  using Alternative = std::variant_alternative_t<I, VariantOf<R>>;

  template <std::size_t... I>
  static std::string joined(const std::string& between, std::index_sequence<I...> /*indices*/) {
    std::string out;
    ((out += (I > 0 ? between : "") + Outer<Alternative<I>>::type()), ...);
    return out;
  }

  template <std::size_t... I>
  static R alternative(const std::string& place, nb::handle value,
                       std::index_sequence<I...> indices) {
    std::optional<R> out;
    ((nb::isinstance<Alternative<I>>(value) ? (void)out.emplace(nb::cast<Alternative<I>>(value))
                                            : void()),
     ...);
    if (!out) refuse(place, value, "an instance of one of " + joined(", ", indices));
    return *out;
  }
};

/// An M, or its text as the library writes it, which `parse` reads. `what` is an M in words.
template <class M>
M itself_or_text(const std::string& place, nb::handle value, const std::string& what,
                 M (*parse)(std::string_view text)) {
  if (nb::isinstance<nb::str>(value)) {
    const std::string text = utf8(place, value);
    try {
      return parse(text);
    } catch (const InvalidArgument& error) {
      refuse_text(place, value, error.what());
    }
  }
  M out;
  if (!nb::try_cast<M>(value, out)) refuse_kind(place, value, what + " or its text");
  return out;
}

/// None is nothing.
template <class M>
struct Outer<std::optional<M>> {
  static std::optional<M> in(const std::string& place, nb::handle value) {
    if (value.is_none()) return std::nullopt;
    return Outer<M>::in(place, value);
  }
};

/// What was passed to a call, by position and by name.
class Arguments {
 public:
  /// Throws TypeError for one too many, twice the same, and a name that is none of `names`.
  Arguments(std::string function, std::vector<std::string> names, const nb::args& by_position,
            const nb::kwargs& by_name);

  const std::string& function() const noexcept { return function_; }

  /// The value of the argument at `i`. Throws TypeError when it was not passed, or is no M.
  template <class M>
  M get(std::size_t i) const {
    return Outer<M>::in(function_ + ": " + names_[i], passed(i));
  }

  /// The value of the argument at `i`, or `otherwise` when it was not passed.
  template <class M>
  M get(std::size_t i, M otherwise) const {
    return given_[i].is_valid() ? get<M>(i) : otherwise;
  }

  /// The same, as `in` takes it.
  template <class M>
  M get(std::size_t i, M otherwise, M (*in)(const std::string& place, nb::handle value)) const {
    return given_[i].is_valid() ? in(function_ + ": " + names_[i], given_[i]) : otherwise;
  }

 private:
  nb::handle passed(std::size_t i) const;

  std::string function_;
  std::vector<std::string> names_;
  std::vector<nb::object> given_;
};

}  // namespace bochner::python
