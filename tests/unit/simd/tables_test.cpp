// SPDX-License-Identifier: Apache-2.0
#include "simd/tables.hpp"
#include "bochner/core/error.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include <hwy/targets.h>

using namespace bochner::simd;

TEMPLATE_TEST_CASE("tables are walked best first and end with scalar", "[simd]", float, double) {
  const auto tables = available_kernels<TestType>();
  REQUIRE(!tables.empty());
  CHECK(tables.back()->name == "scalar");
  CHECK(tables.back()->lanes == 1);
  for (std::size_t i = 1; i < tables.size(); ++i) CHECK(tables[i - 1]->lanes >= tables[i]->lanes);
}

TEMPLATE_TEST_CASE("every compiled set that the machine has is walked", "[simd]", float, double) {
  const auto tables = available_kernels<TestType>();
  for (const auto& compiled : compiled_kernels<TestType>()) {
    const bool runs = (compiled.target & ~hwy::SupportedTargets()) == 0;
    const bool walked = std::find(tables.begin(), tables.end(), compiled.kernels) != tables.end();
    INFO(compiled.kernels->name);
    CHECK(walked == runs);
  }
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    CHECK(std::any_of(tables.begin(), tables.end(), [](auto* t) { return t->name == "avx2"; }));
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    CHECK(tables.front()->name == "avx3");
  }
#endif
}

TEMPLATE_TEST_CASE("a name lowers the choice to itself", "[simd]", float, double) {
  for (const auto* table : available_kernels<TestType>()) {
    CHECK(choose_kernels<TestType>(table->name).name == table->name);
  }
  CHECK(&choose_kernels<TestType>("") == available_kernels<TestType>().front());
}

TEMPLATE_TEST_CASE("a compiled set that the machine lacks lowers to what it has", "[simd]", float,
                   double) {
  for (const auto& compiled : compiled_kernels<TestType>()) {
    const Kernels<TestType>& chosen = choose_kernels<TestType>(compiled.kernels->name);
    CHECK(chosen.lanes <= compiled.kernels->lanes);
  }
}

TEMPLATE_TEST_CASE("an unknown name is refused with the choices", "[simd]", float, double) {
  try {
    (void)choose_kernels<TestType>("avx9");
    FAIL("no exception");
  } catch (const bochner::InvalidArgument& error) {
    const std::string text = error.what();
    CHECK(text.find("BOCHNER_ISA: \"avx9\" is not") == 0);
    for (const auto& compiled : compiled_kernels<TestType>()) {
      CHECK(text.find(compiled.kernels->name) != std::string::npos);
    }
  }
  CHECK_THROWS_AS(choose_kernels<TestType>("AVX2"), bochner::InvalidArgument);
  CHECK_THROWS_AS(choose_kernels<TestType>("avx"), bochner::InvalidArgument);
}

TEMPLATE_TEST_CASE("the environment decides at the first call", "[simd]", float, double) {
  const char* const isa = std::getenv("BOCHNER_ISA");
  CHECK(&kernels<TestType>() == &choose_kernels<TestType>(isa ? isa : ""));
  CHECK(&kernels<TestType>() == &kernels<TestType>());
}

TEMPLATE_TEST_CASE("no table has a hole", "[simd]", float, double) {
  for (const auto* t : available_kernels<TestType>()) {
    INFO(t->name);
    CHECK((t->project && t->affine_rows && t->mirror_rows && t->exp2_rows && t->exp2_columns));
    CHECK((t->sincos_rows && t->cos_rows && t->rectify_rows && t->exp && t->sincos && t->fwht));
    CHECK((t->hadamard));
    CHECK((t->accumulate && t->contract && t->contract_prefixes && t->rank_update));
    CHECK((t->cross_update && t->pack_rows && t->pack_transposed && t->exp2_weights));
    CHECK((t->softmax_rows && t->column_sums && t->row_products && t->add_compensated));
  }
}
