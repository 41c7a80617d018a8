// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/names.hpp"
#include "bochner/random/stream.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/registry.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <concepts>
#include <string>
#include <tuple>
#include <vector>

/// \file
/// Options and reports as dicts, by their `fields()`.

namespace bochner::python {

template <class R>
concept Record = requires {
  R::fields();
};

template <Record R>
nb::dict to_dict(const R& record);

template <class M>
nb::object in_python(const M& member) {
  if constexpr (NamedEnum<M>) {
    return nb::cast(std::string(name_of(member)));
  } else if constexpr (std::same_as<M, Seed>) {
    return nb::cast(member.value);
  } else if constexpr (std::same_as<M, Matrix<double>>) {
    return to_numpy(member.view());
  } else if constexpr (Record<M>) {
    // Options that are a class in Python stay one.
    return nb::type<M>().is_valid() ? nb::cast(member) : nb::object(to_dict(member));
  } else {
    return nb::cast(member);
  }
}

template <Record M>
nb::object in_python(const std::vector<M>& members) {
  nb::list out;
  for (const M& member : members) out.append(to_dict(member));
  return out;
}

/// The members that it lists, by name; enumerators are words.
template <Record R>
nb::dict to_dict(const R& record) {
  nb::dict out;
  std::apply(
      [&](const auto&... field) {
        ((out[field.name.data()] = in_python(record.*field.member)), ...);
      },
      R::fields());
  return out;
}

}  // namespace bochner::python
