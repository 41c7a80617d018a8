// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "simd/engine.hpp"
#include "simd/tables.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <hwy/targets.h>

namespace bochner::simd {
namespace {

template <Scalar T>
bool runs_here(const CompiledKernels<T>& compiled) {
  return (compiled.target & ~hwy::SupportedTargets()) == 0;
}

}  // namespace

template <Scalar T>
std::span<const Kernels<T>* const> available_kernels() {
  static const std::vector<const Kernels<T>*> tables = [] {
    std::vector<const Kernels<T>*> result;
    for (const auto& compiled : compiled_kernels<T>()) {
      if (runs_here(compiled)) result.push_back(compiled.kernels);
    }
    return result;
  }();
  return tables;
}

template <Scalar T>
const Kernels<T>& choose_kernels(std::string_view isa) {
  bool allowed = isa.empty();
  std::string names;
  for (const auto& compiled : compiled_kernels<T>()) {
    allowed = allowed || compiled.kernels->name == isa;
    if (allowed && runs_here(compiled)) return *compiled.kernels;
    names += ' ';
    names += compiled.kernels->name;
  }
  throw InvalidArgument("BOCHNER_ISA: \"" + std::string(isa) +
                        "\" is not an instruction set of this build, expected one of" + names);
}

template <Scalar T>
const Kernels<T>& kernels() {
  static const Kernels<T>& chosen = []() -> const Kernels<T>& {
    const char* const isa = std::getenv("BOCHNER_ISA");
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
