// SPDX-License-Identifier: Apache-2.0
#include "interface/python/arguments.hpp"

#include <algorithm>

namespace bochner::python {
namespace {

/// As Python writes a value, cut where that is long.
std::string shown(nb::handle value) {
  constexpr std::size_t kMost = 80;
  const nb::object written = nb::steal(PyObject_Repr(value.ptr()));
  if (!written.is_valid()) {
    PyErr_Clear();
    return "of " + own_name(value.type());
  }
  std::string out = nb::cast<std::string>(
      nb::steal<nb::str>(PyUnicode_Substring(written.ptr(), 0, static_cast<Py_ssize_t>(kMost))));
  const bool whole = PyUnicode_GetLength(written.ptr()) <= static_cast<Py_ssize_t>(kMost);
  return whole ? out : out + "...";
}

bool is_truth(nb::handle value) {
  const std::string type = own_name(value.type());
  return type == "bool" || type == "bool_";
}

nb::builtin_exception wrong(const std::string& words) { return nb::type_error(words.c_str()); }

}  // namespace

void refuse(const std::string& place, nb::handle value, const std::string& expected) {
  throw wrong(place + " is " + shown(value) + ", expected " + expected);
}

void refuse_value(const std::string& place, nb::handle value, const std::string& expected) {
  throw nb::value_error((place + " is " + shown(value) + ", expected " + expected).c_str());
}

void refuse_kind(const std::string& place, nb::handle value, const std::string& expected) {
  const std::string kind = nb::isinstance<nb::type_object>(value) ? "the class " + own_name(value)
                                                                  : own_name(value.type());
  throw wrong(place + " is " + kind + ", expected " + expected);
}

void refuse_text(const std::string& place, nb::handle value, const std::string& reason) {
  throw nb::value_error((place + " is " + shown(value) + ": " + reason).c_str());
}

std::string utf8(const std::string& place, nb::handle text) {
  std::string out;
  if (nb::try_cast<std::string>(text, out)) return out;
  throw nb::value_error((place + " is " + shown(text) + ", which UTF-8 has no bytes for").c_str());
}

std::string own_name(nb::handle type) { return nb::cast<std::string>(type.attr("__name__")); }

double number(const std::string& place, nb::handle value) {
  if (PyNumber_Check(value.ptr()) != 0 && !is_truth(value)) {
    const double converted = PyFloat_AsDouble(value.ptr());
    if (PyErr_Occurred() == nullptr) return converted;
    PyErr_Clear();
  }
  refuse(place, value, "a number");
}

nb::object integer(const std::string& place, nb::handle value) {
  if (PyIndex_Check(value.ptr()) != 0 && !is_truth(value)) {
    nb::object converted = nb::steal(PyNumber_Index(value.ptr()));
    if (converted.is_valid()) return converted;
    PyErr_Clear();
  }
  refuse(place, value, "an integer");
}

bool is_sequence(nb::handle value) {
  return PySequence_Check(value.ptr()) != 0 && PyUnicode_Check(value.ptr()) == 0 &&
         PyBytes_Check(value.ptr()) == 0;
}

nb::list entries(const std::string& place, nb::handle value) {
  if (is_sequence(value)) {
    PyObject* const listed = PySequence_List(value.ptr());
    if (listed != nullptr) return nb::steal<nb::list>(listed);
    PyErr_Clear();
  }
  refuse(place, value, "a sequence");
}

Arguments::Arguments(std::string function, std::vector<std::string> names,
                     const nb::args& by_position, const nb::kwargs& by_name)
    : function_(std::move(function)), names_(std::move(names)), given_(names_.size()) {
  if (by_position.size() > names_.size()) {
    throw wrong(function_ + ": " + std::to_string(by_position.size()) +
                " arguments by position, expected at most " + std::to_string(names_.size()));
  }
  for (std::size_t i = 0; i < by_position.size(); ++i) given_[i] = by_position[i];
  for (const auto& [key, value] : by_name) {
    const auto name = nb::cast<std::string>(key);
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      throw wrong(function_ + ": " + name + " is no argument" +
                  (names_.empty() ? "; there are none" : ", expected " + text::join(names_)));
    }
    nb::object& place = given_[static_cast<std::size_t>(found - names_.begin())];
    if (place.is_valid()) throw wrong(function_ + ": " + name + " is there twice");
    place = nb::borrow(value);
  }
}

nb::handle Arguments::passed(std::size_t i) const {
  if (!given_[i].is_valid()) throw wrong(function_ + ": " + names_[i] + " is missing");
  return given_[i];
}

}  // namespace bochner::python
