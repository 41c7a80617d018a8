// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "interface/python/arrays.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>

/// \file
/// Archives as Python has them: one dict, in which words are strings and matrices are arrays.

namespace bochner::python {

/// The array of a matrix that it takes over.
template <class T>
nb::object to_array(Matrix<T>&& matrix) {
  auto held = std::make_unique<Matrix<T>>(std::move(matrix));
  Matrix<T>& m = *held;
  const nb::capsule owner(held.get(),
                          [](void* memory) noexcept { delete static_cast<Matrix<T>*>(memory); });
  held.release();
  return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<2>>(
      m.data(), {static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())}, owner));
}

inline nb::dict to_dict(Archive&& archive) {
  nb::dict out;
  for (const auto& [key, word] : archive.metadata) out[key.c_str()] = word;
  for (auto& entry : archive.arrays) {
    out[entry.first.c_str()] =
        std::visit([](auto& m) { return to_array(std::move(m)); }, entry.second);
  }
  return out;
}

template <class T>
Matrix<T> to_matrix(const Input& array) {
  const auto from = matrix<T>(array);
  Matrix<T> out(from.rows, from.cols);
  for (Index i = 0; i < from.rows; ++i) {
    for (Index j = 0; j < from.cols; ++j) out(i, j) = from(i, j);
  }
  return out;
}

/// The inverse of `to_dict`; Python has seen to it that values are strings or arrays.
inline Archive to_archive(const nb::dict& dict) {
  Archive archive;
  for (const auto& [key, value] : dict) {
    const auto name = nb::cast<std::string>(key);
    if (nb::isinstance<nb::str>(value)) {
      archive.metadata[name] = nb::cast<std::string>(value);
      continue;
    }
    const auto array = nb::cast<Input>(value);
    if (is_single(array)) {
      archive.arrays.insert_or_assign(name, to_matrix<float>(array));
    } else {
      archive.arrays.insert_or_assign(name, to_matrix<double>(array));
    }
  }
  return archive;
}

}  // namespace bochner::python
