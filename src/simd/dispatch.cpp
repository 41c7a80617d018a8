// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "simd/engine.hpp"
#include "simd/tables.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace bochner::simd {

template <Scalar T>
std::span<const Kernels<T>* const> available_kernels() {
  static const std::array<const Kernels<T>*, 1> tables = {&scalar_kernels<T>()};
  return tables;
}

template <Scalar T>
const Kernels<T>& choose_kernels(std::string_view isa) {
  if (isa.empty()) return *available_kernels<T>().front();
  std::string choices;
  for (const Kernels<T>* table : available_kernels<T>()) {
    if (table->name == isa) return *table;
    choices += ' ';
    choices += table->name;
  }
  throw InvalidArgument("BOCHNER_ISA: \"" + std::string(isa) +
                        "\" is not an instruction set of this build, expected one of:" + choices);
}

template <Scalar T>
const Kernels<T>& kernels() {
  static const Kernels<T>& chosen = []() -> const Kernels<T>& {
    const char* isa = std::getenv("BOCHNER_ISA");
    return choose_kernels<T>(isa ? isa : "");
  }();
  return chosen;
}

template std::span<const Kernels<float>* const> available_kernels();
template std::span<const Kernels<double>* const> available_kernels();
template const Kernels<float>& choose_kernels(std::string_view);
template const Kernels<double>& choose_kernels(std::string_view);
template const Kernels<float>& kernels();
template const Kernels<double>& kernels();

}  // namespace bochner::simd
