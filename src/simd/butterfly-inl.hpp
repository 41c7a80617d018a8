// SPDX-License-Identifier: Apache-2.0

// Butterflies on vectors in registers; included once for each instruction set, hence no #pragma
// once.
#if defined(BOCHNER_SIMD_BUTTERFLY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_BUTTERFLY_INL
#undef BOCHNER_SIMD_BUTTERFLY_INL
#else
#define BOCHNER_SIMD_BUTTERFLY_INL
#endif

#include "simd/vector-inl.hpp"

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

/// Levels of a pass whose 2^levels vectors fit in the registers.
inline constexpr int kMaxLevels = HWY_TARGET <= HWY_AVX3 ? 4 : 3;

/// Which of the levels come first; it decides how sums are rounded.
enum class Order { ascending, descending };

/// (a, b) <- (a + b, a - b).
template <Scalar T>
HWY_INLINE void butterfly(Vector<T>& a, Vector<T>& b) {
  const Vector<T> x = a;
  a = hn::Add(x, b);
  b = hn::Sub(x, b);
}

/// Partners are 2^kLevel vectors apart; all pairs P... of the group.
template <int kLevel, Scalar T, std::size_t... P>
HWY_INLINE void level(Vector<T>* v, std::index_sequence<P...>) {
  constexpr std::size_t kHalf = std::size_t{1} << kLevel;
  (..., butterfly<T>(v[P / kHalf * 2 * kHalf + P % kHalf],
                     v[P / kHalf * 2 * kHalf + P % kHalf + kHalf]));
}

template <Order kOrder, int kFirst, Scalar T, std::size_t... P, int... L>
HWY_INLINE void levels(Vector<T>* v, std::index_sequence<P...> pairs,
                       std::integer_sequence<int, L...>) {
  constexpr int kCount = sizeof...(L);
  (..., level<kFirst + (kOrder == Order::ascending ? L : kCount - 1 - L), T>(v, pairs));
}

/// Levels kFirst to kEnd of a group of 2^kLevels vectors.
template <Order kOrder, int kLevels, int kFirst, int kEnd, Scalar T>
HWY_INLINE void levels(Vector<T>* v) {
  levels<kOrder, kFirst, T>(v, std::make_index_sequence<(std::size_t{1} << kLevels) / 2>(),
                            std::make_integer_sequence<int, kEnd - kFirst>());
}

/// -1 in lanes whose bit `level` is set.
template <Scalar T>
struct LaneSigns {
  alignas(64) T level[4][16];
  constexpr LaneSigns() : level() {
    for (unsigned i = 0; i < 4; ++i) {
      for (unsigned l = 0; l < 16; ++l) level[i][l] = (l >> i) % 2 == 0 ? T{1} : T{-1};
    }
  }
};
template <Scalar T>
constexpr LaneSigns<T> kLaneSigns;

/// Levels kFirst + L... inside a vector: partners are 2^level lanes apart.
template <Order kOrder, int kFirst, Scalar T, int... L>
HWY_INLINE Vector<T> inner_levels(Vector<T> v, std::integer_sequence<int, L...>) {
  constexpr int kCount = sizeof...(L);
  (...,
   (v = hn::MulAdd(
        v,
        hn::Load(Tag<T>(),
                 kLaneSigns<T>.level[kFirst + (kOrder == Order::ascending ? L : kCount - 1 - L)]),
        swapped<kFirst + (kOrder == Order::ascending ? L : kCount - 1 - L), T>(v))));
  return v;
}

/// Those from kFirst up.
template <Order kOrder, int kFirst, Scalar T>
HWY_INLINE Vector<T> inner_levels(Vector<T> v) {
  return inner_levels<kOrder, kFirst, T>(
      v, std::make_integer_sequence<int, log2_exact(kLanes<T>) - kFirst>());
}

/// How `levels` levels are shared out to passes: evenly.
struct Plan {
  explicit Plan(int levels)
      : total(levels), passes(levels == 0 ? 1 : (levels + kMaxLevels - 1) / kMaxLevels) {}
  int first_level(int p) const { return total * p / passes; }
  int count(int p) const { return first_level(p + 1) - first_level(p); }
  int total;
  int passes;
};

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
