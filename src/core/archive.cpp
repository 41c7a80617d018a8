// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/archive.hpp"

#include "core/door.hpp"

#include <charconv>
#include <cmath>

namespace bochner {
namespace {

constexpr Door kArchiveDoor("archive");

[[noreturn]] void refuse(std::string_view key, const std::string& what) {
  kArchiveDoor.refuse("'" + std::string(key) + "' " + what);
}

template <class Number>
Number parse(std::string_view key, const std::string& word, const char* expected) {
  Number value{};
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc{} || rest != end) {
    refuse(key, "is '" + word + "', expected " + expected);
  }
  return value;
}

}  // namespace

const std::string& Archive::word(std::string_view key) const {
  const auto found = metadata.find(key);
  if (found == metadata.end()) refuse(key, "is missing");
  return found->second;
}

Index Archive::count(std::string_view key) const {
  const auto value = parse<Index>(key, word(key), "a whole number");
  if (value < 0 || value > (Index{1} << 62)) refuse(key, "is out of range");
  return value;
}

double Archive::number(std::string_view key) const {
  const auto value = parse<double>(key, word(key), "a number");
  if (!std::isfinite(value)) refuse(key, "is not finite");
  return value;
}

template <Scalar T>
const Matrix<T>& Archive::array(std::string_view key, Index rows, Index cols) const {
  if (!arrays.contains(key)) refuse(key, "is missing");
  const Matrix<T>* const matrix = find<T>(key);
  if (matrix == nullptr) refuse(key, "has another scalar type than the rest");
  if (matrix->rows() != rows || matrix->cols() != cols) {
    refuse(key, "is " + std::to_string(matrix->rows()) + " x " + std::to_string(matrix->cols()) +
                    ", expected " + std::to_string(rows) + " x " + std::to_string(cols));
  }
  kArchiveDoor.finite<T>(key, matrix->view());
  return *matrix;
}

void require_finite(const Archive& archive) {
  for (const auto& [key, array] : archive.arrays) {
    std::visit([&name = key](const auto& matrix) { kArchiveDoor.finite(name, matrix.view()); },
               array);
  }
}

template const Matrix<float>& Archive::array(std::string_view, Index, Index) const;
template const Matrix<double>& Archive::array(std::string_view, Index, Index) const;

}  // namespace bochner
