// SPDX-License-Identifier: Apache-2.0
#include "interface/python/library.hpp"

#include "bochner/client/regression/ridge_path.hpp"
#include "bochner/random/stream.hpp"
#include "core/parallel.hpp"
#include "simd/engine.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace bochner::python {
namespace {

std::string compiler() {
#ifdef __clang__
  return __VERSION__;
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

nb::dict config() {
  std::vector<std::string> available;
  for (const auto* kernels : simd::available_kernels<float>()) {
    available.emplace_back(kernels->name);
  }
  nb::dict out;
  out["instruction_set"] = std::string(simd::kernels<float>().name);
  out["instruction_sets"] = available;
  out["threads"] = worker_count(std::numeric_limits<int>::max(), {});
  out["compiler"] = compiler();
  return out;
}

}  // namespace

void define_library(nb::module_& m) {
  m.def("config", &config);
  m.def(
      "derive_seed",
      [](std::uint64_t seed, std::uint64_t index) { return derive_seed({seed}, index).value; },
      nb::arg("seed"), nb::arg("index"));
  m.def("logarithmic_ridges", &logarithmic_ridges, nb::arg("smallest"), nb::arg("largest"),
        nb::arg("count"));
}

}  // namespace bochner::python
