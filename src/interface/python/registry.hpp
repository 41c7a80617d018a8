// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/field.hpp"
#include "bochner/core/registry.hpp"
#include "core/text.hpp"
#include "interface/python/arguments.hpp"
#include "interface/python/docstrings.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// \file
/// Classes for the alternatives of a registry, made from their `fields()`: a new kernel is no line
/// here.

/// A registry that is a struct of its own, such as `Kernel`, is in Python one of its alternatives.
template <class R>
struct nanobind::detail::type_caster<
    R, nanobind::detail::enable_if_t<bochner::Registry<R> &&
                                     !std::is_same_v<R, bochner::VariantOf<R>>>> {
  using Variant = bochner::VariantOf<R>;
  using Caster = make_caster<Variant>;
  NB_TYPE_CASTER(R, Caster::Name)

  bool from_python(handle source, std::uint32_t flags, cleanup_list* cleanup) noexcept {
    Caster caster;
    if (!caster.from_python(source, flags, cleanup)) return false;
    std::visit([&](auto& alternative) { value = R(std::move(alternative)); },
               static_cast<Variant&>(caster));
    return true;
  }

  // Always a copy: what a getter returns is gone when the call has ended.
  static handle from_cpp(const R& registry, rv_policy /*policy*/, cleanup_list* cleanup) noexcept {
    return Caster::from_cpp(static_cast<const Variant&>(registry), rv_policy::copy, cleanup);
  }
};

namespace bochner::python {

namespace nb = nanobind;

/// "hyperbolic-oprf" and "Features" give "HyperbolicOprfFeatures".
inline std::string class_name(std::string_view words, std::string_view suffix) {
  std::string out;
  bool upper = true;
  for (const char c : words) {
    if (c == '-') {
      upper = true;
    } else {
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      upper = false;
    }
  }
  return out + std::string(suffix);
}

template <class A, class Fields = decltype(A::fields())>
struct Options;

/// Everything about one class of options.
template <class A, class... M>
struct Options<A, std::tuple<Field<A, M>...>> {
  template <std::size_t I>
  static constexpr auto field() {
    return std::get<I>(A::fields());
  }

  static void construct(A* self, const nb::args& by_position, const nb::kwargs& by_name) {
    const Arguments given(own_name(nb::type<A>()), words(), by_position, by_name);
    A made{};
    set(made, given, std::index_sequence_for<M...>{});
    new (self) A(std::move(made));
  }

  template <std::size_t... I>
  static void set([[maybe_unused]] A& made, [[maybe_unused]] const Arguments& given,
                  std::index_sequence<I...> /*indices*/) {
    ((made.*field<I>().member = given.get<M>(I, made.*field<I>().member)), ...);
  }

  /// The names of the members, in order.
  static std::vector<std::string> words() { return words(std::index_sequence_for<M...>{}); }
  template <std::size_t... I>
  static std::vector<std::string> words(std::index_sequence<I...> /*indices*/) {
    return {std::string(field<I>().name)...};
  }

  /// The values of the members, in order.
  static nb::tuple values(const A& a) { return values(a, std::index_sequence_for<M...>{}); }
  template <std::size_t... I>
  static nb::tuple values([[maybe_unused]] const A& a, std::index_sequence<I...> /*indices*/) {
    return nb::make_tuple(Outer<M>::out(a.*field<I>().member)...);
  }

  static nb::tuple names() { return nb::tuple(nb::cast(words())); }

  static std::string repr(nb::handle self) {
    const nb::tuple members = names();
    const nb::tuple held = values(nb::cast<const A&>(self));
    std::string out = own_name(self.type()) + "(";
    for (std::size_t i = 0; i < members.size(); ++i) {
      out += (i > 0 ? ", " : "") + nb::cast<std::string>(members[i]) + "=" +
             nb::cast<std::string>(nb::repr(held[i]));
    }
    return out + ")";
  }

  static nb::object equal(const A& a, nb::handle other) {
    const A* const b = nb::isinstance<A>(other) ? &nb::cast<const A&>(other) : nullptr;
    if (b == nullptr) return nb::borrow(nb::handle(Py_NotImplemented));
    return nb::cast(a == *b);
  }

  static Py_hash_t hash(nb::handle self) {
    return nb::hash(nb::make_tuple(self.type(), values(nb::cast<const A&>(self))));
  }

  static nb::tuple reduce(nb::handle self) {
    return nb::make_tuple(self.type(), values(nb::cast<const A&>(self)));
  }

  /// The same with other values of some members (`copy.replace`).
  static nb::object replace(nb::handle self, const nb::kwargs& changes) {
    nb::dict all;
    const nb::tuple members = names();
    const nb::tuple held = values(nb::cast<const A&>(self));
    for (std::size_t i = 0; i < members.size(); ++i) all[members[i]] = held[i];
    all.update(changes);
    return self.type()(**all);
  }

  template <std::size_t I>
  static auto get(const A& a) {
    return Outer<std::tuple_element_t<I, std::tuple<M...>>>::out(a.*field<I>().member);
  }

  /// "def __init__(self, lengthscale: float = 1.0) -> None"
  template <std::size_t... I>
  static std::string signature(std::index_sequence<I...> /*indices*/) {
    [[maybe_unused]] const nb::tuple held = values(A{});
    std::string out = "def __init__(self";
    ((out += ", " + std::string(field<I>().name) + ": " + Outer<M>::type() + " = " +
             nb::cast<std::string>(nb::repr(held[I]))),
     ...);
    return out + ") -> None";
  }

  template <std::size_t... I>
  static void define(nb::class_<A>& declared, std::index_sequence<I...> indices) {
    declared.def("__init__", &construct, nb::sig(signature(indices).c_str()));
    (declared.def_prop_ro(field<I>().name.data(), &get<I>), ...);
    const std::string replace_signature =
        "def __replace__(self, /, **changes: object) -> " + own_name(declared);
    // What no spec names has no text but its repr.
    if constexpr (text::Named<A>) {
      declared.def("__str__", [](const A& a) { return text::write(a); });
    }
    declared
        .def("__eq__", &equal, nb::arg("other").none(),
             nb::sig("def __eq__(self, other: object, /) -> bool"))
        .def("__hash__", &hash)
        .def("__reduce__", &reduce)
        .def("__replace__", &replace, nb::sig(replace_signature.c_str()));
    declared.attr("__match_args__") = names();
  }
};

/// Declares a class; `define_options` gives it its members. All are declared before any is defined,
/// so that signatures name each other and show each other's defaults.
template <class A>
void declare_options(nb::module_& m, const std::string& name) {
  nb::class_<A>(m, name.c_str(), docstring(name), nb::is_final())
      .def("__repr__", &Options<A>::repr);
}

template <class A>
void define_options() {
  nb::class_<A> declared = nb::borrow<nb::class_<A>>(nb::type<A>());
  Options<A>::define(declared,
                     std::make_index_sequence<std::tuple_size_v<decltype(A::fields())>>{});
}

template <Registry R>
void declare_alternatives(nb::module_& m, std::string_view suffix) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (declare_options<std::variant_alternative_t<I, VariantOf<R>>>(
         m, class_name(std::variant_alternative_t<I, VariantOf<R>>::name, suffix)),
     ...);
  }
  (std::make_index_sequence<kNumAlternatives<R>>{});
}

/// Defines the alternatives and lists their classes under `list`.
template <Registry R>
void define_alternatives(nb::module_& m, const char* list) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (define_options<std::variant_alternative_t<I, VariantOf<R>>>(), ...);
    m.attr(list) =
        nb::make_tuple(nb::borrow(nb::type<std::variant_alternative_t<I, VariantOf<R>>>())...);
  }
  (std::make_index_sequence<kNumAlternatives<R>>{});
}

}  // namespace bochner::python
