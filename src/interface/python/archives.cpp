// SPDX-License-Identifier: Apache-2.0
#include "interface/python/archives.hpp"

#include "interface/python/arrays.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>

namespace bochner::python {
namespace {

template <class T>
constexpr const char* kDtype = std::is_same_v<T, float>    ? "float32"
                               : std::is_same_v<T, double> ? "float64"
                                                           : "int64";

/// Memory of NumPy's, which asks the system for large pages.
template <class T>
nb::object new_array(const nb::tuple& shape) {
  return nb::module_::import_("numpy").attr("empty")(shape, kDtype<T>);
}

template <class T>
T* first_element(const nb::object& array) {
  return static_cast<T*>(nb::cast<Output>(array).data());
}

template <class T>
Archive::Array matrix_of(const Input& array) {
  const auto from = matrix<T>(array);
  Matrix<T> out(from.rows, from.cols);
  for (Index i = 0; i < from.rows; ++i) {
    for (Index j = 0; j < from.cols; ++j) out(i, j) = from(i, j);
  }
  return out;
}

Archive::Array matrix_of(const std::string& name, nb::handle value) {
  Input array;
  if (!nb::try_cast(value, array, false) || array.ndim() != 2 ||
      (array.dtype() != nb::dtype<float>() && array.dtype() != nb::dtype<double>())) {
    throw nb::value_error(("archive: '" + name + "' is no matrix of float32 or float64").c_str());
  }
  return is_single(array) ? matrix_of<float>(array) : matrix_of<double>(array);
}

}  // namespace

template <class T>
nb::object to_numpy(MatrixView<const T> matrix) {
  nb::object out = new_array<T>(nb::make_tuple(matrix.rows, matrix.cols));
  T* to = first_element<T>(out);
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < matrix.cols; ++j) *to++ = matrix(i, j);
  }
  return out;
}

template <class T>
nb::object to_numpy(std::span<const T> values) {
  nb::object out = new_array<T>(nb::make_tuple(values.size()));
  std::copy(values.begin(), values.end(), first_element<T>(out));
  return out;
}

template nb::object to_numpy(MatrixView<const float>);
template nb::object to_numpy(MatrixView<const double>);
template nb::object to_numpy(std::span<const double>);
template nb::object to_numpy(std::span<const Index>);

nb::tuple to_python(const Archive& archive) {
  nb::dict words;
  for (const auto& [key, word] : archive.metadata) words[key.c_str()] = word;
  nb::dict arrays;
  for (const auto& item : archive.arrays) {
    arrays[item.first.c_str()] =
        std::visit([](const auto& array) { return to_numpy(array.view()); }, item.second);
  }
  return nb::make_tuple(words, arrays);
}

Archive to_archive(nb::handle words, nb::handle arrays) {
  if (!nb::isinstance<nb::dict>(words) || !nb::isinstance<nb::dict>(arrays)) {
    throw nb::value_error("archive: expected a dict of words and a dict of arrays");
  }
  const auto text = [](nb::handle value) {
    std::string out;
    if (!nb::try_cast(value, out, false)) throw nb::value_error("archive: a word is no str");
    return out;
  };
  Archive out;
  for (const auto [key, word] : nb::borrow<nb::dict>(words)) {
    out.metadata.insert_or_assign(text(key), text(word));
  }
  for (const auto [key, array] : nb::borrow<nb::dict>(arrays)) {
    const std::string name = text(key);
    out.arrays.insert_or_assign(name, matrix_of(name, array));
  }
  return out;
}

}  // namespace bochner::python
