// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/core/matrix.hpp"

#include <nanobind/nanobind.h>

#include <span>

/// \file
/// Matrices and archives as objects of Python's. All of it holds the interpreter's lock.

namespace bochner::python {

namespace nb = nanobind;

/// A copy in memory of NumPy's.
template <class T>
nb::object to_numpy(MatrixView<const T> matrix);
template <class T>
nb::object to_numpy(std::span<const T> values);

extern template nb::object to_numpy(MatrixView<const float>);
extern template nb::object to_numpy(MatrixView<const double>);
extern template nb::object to_numpy(std::span<const double>);
extern template nb::object to_numpy(std::span<const Index>);

/// (words, arrays): what pickles.
nb::tuple to_python(const Archive& archive);

/// Its inverse. Raises ValueError for what `to_python` cannot have given; what the words and arrays
/// say is left to whoever loads them.
Archive to_archive(nb::handle words, nb::handle arrays);

}  // namespace bochner::python
