// SPDX-License-Identifier: Apache-2.0
#include "simd/widen.hpp"

#include "compare.hpp"
#include "guarded.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::simd;
using bochner::test::GuardedArray;

namespace {

void run(const WideningKernels& set, const Half* x, Index count, float* out) {
  set.half(x, count, out);
}
void run(const WideningKernels& set, const BFloat16* x, Index count, float* out) {
  set.bfloat16(x, count, out);
}

/// Those that this machine can run.
std::vector<WideningKernels> runnable() {
  std::vector<WideningKernels> sets;
  for (const WideningKernels& set : widening_kernels()) {
    for (const auto* table : available_kernels<float>()) {
      if (table->name == set.name) sets.push_back(set);
    }
  }
  return sets;
}

template <Narrow N>
bool same_word(float value, N x) {
  return std::bit_cast<std::uint32_t>(value) == std::bit_cast<std::uint32_t>(static_cast<float>(x));
}

}  // namespace

TEST_CASE("every set of kernels widens", "[simd][widen]") {
  REQUIRE(runnable().size() == available_kernels<float>().size());
  CHECK(widening_kernels().back().name == "scalar");
}

TEMPLATE_TEST_CASE("all 65536 words are widened to the same bits everywhere", "[simd][widen]", Half,
                   BFloat16) {
  constexpr Index kWords = 65536;
  GuardedArray<TestType> x(kWords);
  for (Index i = 0; i < kWords; ++i) x[i].bits = static_cast<std::uint16_t>(i);
  x.forbid_writing();
  for (const WideningKernels& set : runnable()) {
    CAPTURE(set.name);
    GuardedArray<float> out(kWords);
    run(set, x.data(), kWords, out.data());
    for (Index i = 0; i < kWords; ++i) {
      if (!same_word(out[i], x[i])) FAIL_CHECK(i);
    }
  }
  GuardedArray<float> out(kWords);
  widen(x.data(), kWords, out.data());
  CHECK(same_word(out[kWords - 5], x[kWords - 5]));
}

TEMPLATE_TEST_CASE("any number of numbers is widened, and no other", "[simd][widen]", Half,
                   BFloat16) {
  for (Index count = 0; count <= 40; ++count) {
    GuardedArray<TestType> x(count);  // ends where memory does, so that its alignment varies
    for (Index i = 0; i < count; ++i) x[i] = TestType(static_cast<float>(i) - 7.25F);
    for (const WideningKernels& set : runnable()) {
      GuardedArray<float> out(count + 1);
      out[count] = 5.0F;
      run(set, x.data(), count, out.data());
      for (Index i = 0; i < count; ++i) {
        if (!same_word(out[i], x[i])) FAIL_CHECK(set.name << ' ' << count << ' ' << i);
      }
      CHECK(out[count] == 5.0F);
    }
  }
}
