// SPDX-License-Identifier: Apache-2.0
#include "bochner/feature_map.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace bochner::python {
namespace {

constexpr const char* kDoc = R"(Frequencies that the caller brings.

A copy of a matrix; of one phase per row where features have phases (`CosineFeatures`); and of one
weight per row, which counts in place of 1 / num_frequencies (quadratures, importance samples). Values
of this class are equal where their digests are; a spec's text holds no more than the digest, and
`with_frequencies` gives a parsed spec its numbers again.

Parameters
----------
frequencies : array of shape (num_frequencies, input_dim), optional
    One frequency per row, of finite numbers. None stands for none.
phases : array of shape (num_frequencies,), optional
weights : array of shape (num_frequencies,), optional
    Positive.

Raises
------
TypeError, ValueError
    On anything else, naming the argument.

Examples
--------
>>> import numpy as np
>>> import bochner as bo
>>> w = np.eye(3)
>>> spec = bo.FeatureMapSpec(3, 3, projection=bo.GivenProjection(bo.GivenFrequencies(w)))
>>> np.array_equal(bo.FeatureMap(spec).frequencies(), w)
True
>>> bo.with_frequencies(bo.FeatureMapSpec.parse(str(spec)), bo.GivenFrequencies(w)) == spec
True
)";

/// A contiguous array of doubles.
Input doubles(const std::string& place, nb::handle value, std::size_t dimensions) {
  const std::string expected = "an array of numbers of " + std::to_string(dimensions) +
                               (dimensions == 1 ? " dimension" : " dimensions");
  nb::object array;
  try {
    array = nb::module_::import_("numpy").attr("ascontiguousarray")(value, "float64");
  } catch (const nb::python_error&) {
    refuse(place, value, expected);
  }
  const auto found = nb::cast<std::size_t>(nb::getattr(value, "ndim", array.attr("ndim")));
  if (found != dimensions) refuse_value(place, value, expected);
  return nb::cast<Input>(array);
}

void construct(GivenFrequencies* self, const nb::args& by_position, const nb::kwargs& by_name) {
  const std::string function = "GivenFrequencies";
  const Arguments given(function, {"frequencies", "phases", "weights"}, by_position, by_name);
  const auto frequencies = given.get<nb::object>(0, nb::none());
  std::array<std::optional<Input>, 2> held;
  std::array<std::span<const double>, 2> numbers;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const std::string place = function + (i == 0 ? ": phases" : ": weights");
    const auto value = given.get<nb::object>(static_cast<int>(i) + 1, nb::none());
    if (value.is_none()) continue;
    if (frequencies.is_none()) refuse_value(place, value, "None, without frequencies");
    held[i] = doubles(place, value, 1);
    numbers[i] = vector<double>(*held[i]);
  }
  if (frequencies.is_none()) {
    new (self) GivenFrequencies();
    return;
  }
  const Input w = doubles(function + ": frequencies", frequencies, 2);
  new (self) GivenFrequencies(matrix<double>(w), numbers[0], numbers[1]);
}

/// A new array of the numbers, or None where they are not here.
nb::object rows(const GivenFrequencies& given) {
  if (!given.is_held()) return nb::none();
  const MatrixView<const double> w = given.rows();
  const nb::object out =
      nb::module_::import_("numpy").attr("empty")(nb::make_tuple(w.rows, w.cols));
  const auto array = nb::cast<Output>(out);
  const auto to = matrix<double>(array);
  for (Index i = 0; i < w.rows; ++i) {
    for (Index k = 0; k < w.cols; ++k) to(i, k) = w(i, k);
  }
  return out;
}

nb::object copy_of(std::span<const double> numbers) {
  if (numbers.empty()) return nb::none();
  const nb::object out = nb::module_::import_("numpy").attr("empty")(numbers.size());
  const auto array = nb::cast<Output>(out);
  std::copy(numbers.begin(), numbers.end(), vector<double>(array).begin());
  return out;
}

nb::object phases(const GivenFrequencies& given) { return copy_of(given.phases()); }
nb::object weights(const GivenFrequencies& given) { return copy_of(given.weights()); }

std::string repr(const GivenFrequencies& given) {
  if (!given.is_held()) {
    return given.digest().empty() ? "GivenFrequencies()"
                                  : "<GivenFrequencies of digest " + given.digest() + ">";
  }
  return "<GivenFrequencies " + std::to_string(given.rows().rows) + " x " +
         std::to_string(given.rows().cols) + ", digest " + given.digest() + ">";
}

nb::object equal(const GivenFrequencies& a, nb::handle other) {
  if (!nb::isinstance<GivenFrequencies>(other)) {
    return nb::borrow(nb::handle(Py_NotImplemented));
  }
  return nb::cast(a == nb::cast<const GivenFrequencies&>(other));
}

nb::object reduce(nb::handle self) {
  const auto& given = nb::cast<const GivenFrequencies&>(self);
  if (given.is_held() || given.digest().empty()) {
    return nb::make_tuple(self.type(), nb::make_tuple(rows(given), phases(given), weights(given)));
  }
  // A static function has no name by which pickle finds it again.
  const nb::object call =
      nb::module_::import_("operator").attr("methodcaller")("of_digest", given.digest());
  return nb::make_tuple(call, nb::make_tuple(self.type()));
}

GivenFrequencies of_digest(const nb::args& by_position, const nb::kwargs& by_name) {
  const std::string function = "GivenFrequencies.of_digest";
  const auto word = Arguments(function, {"digest"}, by_position, by_name).get<std::string>(0);
  const auto found = GivenFrequencies::from_word(word);
  if (found && !found->digest().empty()) return *found;
  refuse_value(function + ": digest", nb::str(word.c_str()), "64 hexadecimal digits");
}

}  // namespace

void declare_given_frequencies(nb::module_& m) {
  nb::class_<GivenFrequencies>(m, "GivenFrequencies", kDoc, nb::is_final())
      .def("__init__", &construct,
           nb::sig("def __init__(self, frequencies: object = None, phases: object = None, "
                   "weights: object = None) -> None"))
      .def("__repr__", &repr)
      .def_static("of_digest", &of_digest,
                  nb::sig("def of_digest(digest: str) -> GivenFrequencies"),
                  "Those of a text, without their numbers.")
      .def_prop_ro("digest", &GivenFrequencies::digest,
                   "SHA-256 of extents and numbers; empty for none.")
      .def_prop_ro("frequencies", &rows, "A copy of the matrix, or None.")
      .def_prop_ro("phases", &phases, "A copy of the phases, or None.")
      .def_prop_ro("weights", &weights, "A copy of the weights, or None.")
      .def("__eq__", &equal, nb::arg("other").none(),
           nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__", [](const GivenFrequencies& g) { return nb::hash(nb::cast(g.digest())); })
      .def("__reduce__", &reduce);
}

}  // namespace bochner::python
