// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/names.hpp"
#include "bochner/core/view.hpp"
#include "core/text.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

/// \file
/// Arrays as Python hands them over. The Python layer has checked them (`bochner/_arrays.py`): they
/// are NumPy's, aligned, of float32 or float64, and those to be written are writable. Nothing is
/// copied, whatever the strides.

namespace bochner::python {

namespace nb = nanobind;

using Input = nb::ndarray<nb::numpy, nb::ro, nb::device::cpu>;
using Output = nb::ndarray<nb::numpy, nb::device::cpu>;
using Maybe = std::optional<Input>;

template <class T, class Array>
auto* elements(const Array& array) {
  if (array.dtype() != nb::dtype<T>()) {
    throw nb::type_error("bochner: arrays of one call have different dtypes");
  }
  using Pointer = std::conditional_t<Array::ReadOnly, const T*, T*>;
  return static_cast<Pointer>(array.data());
}

inline void require_dimensions(std::size_t found, std::size_t expected) {
  if (found != expected) {
    throw nb::value_error(("bochner: an array has " + std::to_string(found) +
                           " dimensions, expected " + std::to_string(expected))
                              .c_str());
  }
}

/// The rows of a matrix; a vector is a matrix of one column.
template <class T, class Array>
auto matrix(const Array& array) {
  using Element = std::conditional_t<Array::ReadOnly, const T, T>;
  if (array.ndim() == 1) {
    return MatrixView<Element>(elements<T>(array), static_cast<Index>(array.shape(0)), 1,
                               array.stride(0), 1);
  }
  require_dimensions(array.ndim(), 2);
  return MatrixView<Element>(elements<T>(array), static_cast<Index>(array.shape(0)),
                             static_cast<Index>(array.shape(1)), array.stride(0), array.stride(1));
}

template <class T, class Array>
auto tensor(const Array& array) {
  using Element = std::conditional_t<Array::ReadOnly, const T, T>;
  require_dimensions(array.ndim(), 4);
  TensorView<Element, 4> view;
  view.data = elements<T>(array);
  for (std::size_t k = 0; k < 4; ++k) {
    view.extents[k] = static_cast<Index>(array.shape(k));
    view.strides[k] = array.stride(k);
  }
  return view;
}

/// A contiguous vector.
template <class T, class Array>
auto vector(const Array& array) {
  using Element = std::conditional_t<Array::ReadOnly, const T, T>;
  require_dimensions(array.ndim(), 1);
  if (array.shape(0) > 1 && array.stride(0) != 1) {
    throw nb::value_error("bochner: a vector is not contiguous");
  }
  return std::span<Element>(elements<T>(array), array.shape(0));
}

template <class Array>
bool is_single(const Array& array) {
  return array.dtype() == nb::dtype<float>();
}

/// `body.template operator()<T>()` for the array's scalar, without the interpreter's lock.
template <class Array, class Body>
decltype(auto) unlocked(const Array& array, const Body& body) {
  const bool single = is_single(array);
  const nb::gil_scoped_release release;
  if (single) return body.template operator()<float>();
  return body.template operator()<double>();
}

/// The enumerator that a word names.
template <NamedEnum E>
E choice(const char* argument, const std::string& word) {
  if (const auto value = enumerator_of<E>(word)) return *value;
  throw nb::value_error(
      (std::string(argument) + " is '" + word + "', expected one of " + text::join(names_of(E{})))
          .c_str());
}

inline Execution execution(std::optional<int> num_threads) { return {num_threads.value_or(0)}; }

}  // namespace bochner::python
