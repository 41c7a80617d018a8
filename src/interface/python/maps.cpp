// SPDX-License-Identifier: Apache-2.0
#include "interface/python/maps.hpp"

#include "interface/python/arrays.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

void apply(const AnyMap& map, Side side, const Input& x, const Output& phi, const Output& exponent,
           Threads threads) {
  const std::span<std::int32_t> exponents = vector<std::int32_t>(exponent);
  unlocked(x, [&]<class T>() {
    map.in<T>().apply(side, matrix<T>(x), {matrix<T>(phi), exponents}, interruptible(threads));
  });
}

void transform(const AnyMap& map, Side side, const Input& x, const Output& out, Threads threads) {
  unlocked(x, [&]<class T>() {
    features(map.in<T>(), matrix<T>(x), matrix<T>(out), side, interruptible(threads));
  });
}

void pullback(const AnyMap& map, Side side, const Input& x, const Input& dphi, const Output& dx,
              Threads threads) {
  unlocked(x, [&]<class T>() {
    map.in<T>().pullback(side, matrix<T>(x), matrix<T>(dphi), matrix<T>(dx),
                         interruptible(threads));
  });
}

/// Frequencies are those of double precision.
void frequencies(const AnyMap& map, Side side, const Output& out) {
  const auto to = matrix<double>(out);
  const nb::gil_scoped_release release;
  const Matrix<double> w = map.in<double>().frequencies(side);
  for (Index i = 0; i < w.rows(); ++i) std::copy_n(w.row(i), w.cols(), to.row(i));
}

Index num_frequency_rows(const AnyMap& map) {
  const nb::gil_scoped_release release;
  return map.in<double>().frequencies().rows();
}

}  // namespace

void define_maps(nb::module_& m) {
  nb::enum_<Side>(m, "Side").value("query", Side::query).value("key", Side::key);
  nb::class_<AnyMap>(m, "Map")
      .def(nb::init<FeatureMapSpec>())
      .def_prop_ro("spec", &AnyMap::spec)
      .def("draw",
           [](const AnyMap& map, bool single) {
             const nb::gil_scoped_release release;
             single ? static_cast<void>(map.in<float>()) : static_cast<void>(map.in<double>());
           })
      .def("apply", &apply, nb::arg("side"), nb::arg("x"), nb::arg("phi"), nb::arg("exponent"),
           nb::arg("num_threads").none())
      .def("transform", &transform, nb::arg("side"), nb::arg("x"), nb::arg("out"),
           nb::arg("num_threads").none())
      .def("pullback", &pullback, nb::arg("side"), nb::arg("x"), nb::arg("dphi"), nb::arg("dx"),
           nb::arg("num_threads").none())
      .def("num_frequency_rows", &num_frequency_rows)
      .def("frequencies", &frequencies, nb::arg("side"), nb::arg("out"));
}

}  // namespace bochner::python
