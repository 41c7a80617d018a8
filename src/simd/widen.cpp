// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/widen.cpp"
#include <hwy/foreach_target.h>

#include "simd/vector-inl.hpp"
#include "simd/widen.hpp"

#include <algorithm>

/// \file
/// Widening by shifts: Highway's promotion of halves knows no infinity where the machine has no
/// instruction for it.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

struct Widening {
  using Bits = hn::Rebind<std::uint32_t, Tag<float>>;

  static HWY_INLINE hn::Vec<Bits> load(const std::uint16_t* x) {
    return hn::PromoteTo(Bits(), hn::LoadU(hn::Rebind<std::uint16_t, Bits>(), x));
  }

  static void half(const Half* x, Index count, float* out) noexcept {
    constexpr Tag<float> d;
    constexpr Bits bits;
    constexpr hn::Rebind<std::int32_t, Bits> whole;
    const auto rebias = hn::Set(bits, 112U << 23);
    Index i = 0;
    for (; i + kLanes<float> <= count; i += kLanes<float>) {
      const auto all = load(&x[i].bits);
      const auto size = hn::And(all, hn::Set(bits, 0x7FFFU));
      const auto sign = hn::ShiftLeft<16>(hn::Xor(all, size));
      const auto multiples = hn::ConvertTo(d, hn::BitCast(whole, size));
      const auto tiny = hn::BitCast(bits, hn::Mul(multiples, hn::Set(d, 0x1p-24F)));
      const auto endless = hn::Gt(hn::BitCast(whole, size), hn::Set(whole, 0x7BFF));
      const auto more = hn::IfThenElseZero(hn::RebindMask(bits, endless), rebias);
      const auto ordinary = hn::Add(hn::Add(hn::ShiftLeft<13>(size), rebias), more);
      const auto is_tiny = hn::Gt(hn::Set(whole, 0x400), hn::BitCast(whole, size));
      const auto wide = hn::IfThenElse(hn::RebindMask(bits, is_tiny), tiny, ordinary);
      hn::StoreU(hn::BitCast(d, hn::Or(wide, sign)), d, out + i);
    }
    for (; i < count; ++i) out[i] = static_cast<float>(x[i]);
  }

  static void bfloat16(const BFloat16* x, Index count, float* out) noexcept {
    constexpr Tag<float> d;
    Index i = 0;
    for (; i + kLanes<float> <= count; i += kLanes<float>) {
      hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(load(&x[i].bits))), d, out + i);
    }
    for (; i < count; ++i) out[i] = static_cast<float>(x[i]);
  }
};

constexpr WideningKernels kWidening = {kTargetName, Widening::half, Widening::bfloat16};

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace bochner::simd {
namespace {

template <Narrow N>
void widen_plainly(const N* x, Index count, float* out) noexcept {
  std::transform(x, x + count, out, [](N each) { return static_cast<float>(each); });
}

const WideningKernels& chosen() noexcept {
  static const WideningKernels& found =
      *std::find_if(widening_kernels().begin(), widening_kernels().end(),
                    [](const auto& set) { return set.name == kernels<float>().name; });
  return found;
}

}  // namespace

std::span<const WideningKernels> widening_kernels() {
  static const WideningKernels sets[] = {
#if HWY_TARGETS & HWY_AVX3
    N_AVX3::kWidening,
#endif
#if HWY_TARGETS & HWY_AVX2
    N_AVX2::kWidening,
#endif
#if HWY_TARGETS & HWY_SSE4
    N_SSE4::kWidening,
#endif
    {"scalar", widen_plainly<Half>, widen_plainly<BFloat16>}
  };
  return sets;
}

void widen(const Half* x, Index count, float* out) noexcept { chosen().half(x, count, out); }
void widen(const BFloat16* x, Index count, float* out) noexcept {
  chosen().bfloat16(x, count, out);
}

}  // namespace bochner::simd
#endif
