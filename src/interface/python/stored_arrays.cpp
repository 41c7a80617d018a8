// SPDX-License-Identifier: Apache-2.0
#include "interface/python/stored_arrays.hpp"

#include "interface/python/module.hpp"

#include <memory>
#include <vector>

namespace bochner::python {
namespace {

constexpr nb::dlpack::dtype kBfloat16{static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bfloat), 16,
                                      1};

/// The words of an array of bfloat16 where they are, None of any other.
template <class Array>
nb::object words_of(const Array& array) {
  if (array.dtype() != kBfloat16) return nb::none();
  using Word = std::conditional_t<Array::ReadOnly, const std::uint16_t, std::uint16_t>;
  std::vector<std::size_t> shape;
  std::vector<std::int64_t> strides;
  for (std::size_t k = 0; k < array.ndim(); ++k) {
    shape.push_back(array.shape(k));
    strides.push_back(array.stride(k));
  }
  auto held = std::make_unique<Array>(array);
  const nb::capsule owner(held.get(), [](void* p) noexcept { delete static_cast<Array*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, Word>(static_cast<Word*>(held.release()->data()),
                                               shape.size(), shape.data(), owner, strides.data()));
}

}  // namespace

void define_stored_arrays(nb::module_& m) {
  m.def("bfloat16_words", &words_of<nb::ndarray<nb::ro, nb::device::cpu>>, nb::arg("array"));
  m.def("bfloat16_words_to_write", &words_of<nb::ndarray<nb::device::cpu>>, nb::arg("array"));
}

}  // namespace bochner::python
