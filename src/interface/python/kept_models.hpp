// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/python/archives.hpp"

#include <nanobind/nanobind.h>

#include <variant>

/// \file
/// What classes that hold several models of one map, of either scalar, have in common.

namespace bochner::python {

/// (words, arrays) of `held.model`, a variant over scalars.
template <class Any>
nb::tuple saved_models(const Any& held) {
  return to_python([&] {
    const nb::gil_scoped_release release;
    return std::visit([](const auto& model) { return model.save(); }, held.model);
  }());
}

template <class Any, template <class> class Held>
Any loaded_models(nb::handle words, nb::handle arrays) {
  const Archive archive = to_archive(words, arrays);
  const nb::gil_scoped_release release;
  if (archive.word("scalar") == "float") return {Held<float>::load(archive)};
  return {Held<double>::load(archive)};
}

template <class Any, template <class> class Held>
nb::class_<Any> define_kept_models(nb::module_& m, const char* name) {
  return nb::class_<Any>(m, name)
      .def_static("load", &loaded_models<Any, Held>)
      .def("save", &saved_models<Any>)
      .def_prop_ro("single", [](const Any& held) { return held.model.index() == 0; })
      .def_prop_ro("spec",
                   [](const Any& held) {
                     return std::visit([](const auto& model) { return model.map().spec(); },
                                       held.model);
                   })
      .def_prop_ro("num_models", [](const Any& held) {
        return std::visit([](const auto& model) { return model.num_models(); }, held.model);
      });
}

}  // namespace bochner::python
