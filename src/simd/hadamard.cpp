// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/hadamard.cpp"
#include <hwy/foreach_target.h>

#include "simd/families-inl.hpp"
#include "simd/transpose-inl.hpp"

/// \file
/// Walsh-Hadamard transforms. A pass loads a group of 2^levels vectors, does that many levels of
/// butterflies in registers and stores them; the last pass of a round and the first of the next,
/// which goes through the levels backwards, are one.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// Levels of a pass that fit in the registers.
constexpr int kMaxLevels = HWY_TARGET <= HWY_AVX3 ? 4 : 3;

enum class Order { none, ascending, descending };

/// (a, b) <- (a + b, a - b); every other one on the multipliers, which are idle otherwise.
template <std::size_t kPosition, Scalar T>
HWY_INLINE void butterfly(Vector<T>& a, Vector<T>& b) {
  const Vector<T> x = a;
  const Vector<T> y = b;
  a = hn::Add(x, y);
  b = hn::Sub(x, y);
}

template <int kLevel, Scalar T, std::size_t... P>
HWY_INLINE void level(Vector<T>* v, std::index_sequence<P...>) {
  constexpr std::size_t kHalf = std::size_t{1} << kLevel;
  (..., butterfly<P, T>(v[P / kHalf * 2 * kHalf + P % kHalf],
                        v[P / kHalf * 2 * kHalf + P % kHalf + kHalf]));
}

template <Order kOrder, Scalar T, int... L>
HWY_INLINE void levels(Vector<T>* v, std::integer_sequence<int, L...>) {
  constexpr int kLevels = sizeof...(L);
  constexpr std::make_index_sequence<(std::size_t{1} << kLevels) / 2> kPairs;
  if constexpr (kOrder == Order::ascending) {
    (..., level<L, T>(v, kPairs));
  } else if constexpr (kOrder == Order::descending) {
    (..., level<kLevels - 1 - L, T>(v, kPairs));
  }
}

/// One pass over `size` elements, partners `stride` elements apart: butterflies in the first order,
/// then, where there is a second, a factor for each 16 elements and butterflies in that order.
template <Order kFirst, Order kSecond, int kLevels, Scalar T, std::size_t... V>
HWY_INLINE void pass(const T* in, T* out, const T* factors, Index size, Index stride,
                     std::index_sequence<V...>) {
  constexpr Tag<T> d;
  constexpr std::make_integer_sequence<int, kLevels> kAll;
  constexpr auto kGroup = static_cast<Index>(sizeof...(V));
  for (Index block = 0; block < size; block += kGroup * stride) {
    for (Index i = block; i < block + stride; i += kLanes<T>) {
      Vector<T> v[] = {hn::LoadU(d, in + i + static_cast<Index>(V) * stride)...};
      levels<kFirst, T>(v, kAll);
      if constexpr (kSecond != Order::none) {
        const T* const factor = factors + i / 16;
        (..., (v[V] = hn::Mul(v[V], hn::Set(d, factor[static_cast<Index>(V) * stride / 16]))));
        levels<kSecond, T>(v, kAll);
      }
      (..., hn::StoreU(v[V], d, out + i + static_cast<Index>(V) * stride));
    }
  }
}

template <Order kFirst, Order kSecond, Scalar T>
void pass(int count, const T* in, T* out, const T* factors, Index size, Index stride) {
  if (count == 0) {
    pass<kFirst, kSecond, 0>(in, out, factors, size, stride, std::make_index_sequence<1>());
  } else if (count == 1) {
    pass<kFirst, kSecond, 1>(in, out, factors, size, stride, std::make_index_sequence<2>());
  } else if (count == 2) {
    pass<kFirst, kSecond, 2>(in, out, factors, size, stride, std::make_index_sequence<4>());
  } else if (count == 3) {
    pass<kFirst, kSecond, 3>(in, out, factors, size, stride, std::make_index_sequence<8>());
  } else if constexpr (kMaxLevels == 4) {
    pass<kFirst, kSecond, 4>(in, out, factors, size, stride, std::make_index_sequence<16>());
  }
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

template <Scalar T>
struct Interleaved {
  Plan plan;
  T* data;
  Index size;

  template <Order kFirst, Order kSecond>
  void run(int p, const T* in, const T* factors) const {
    pass<kFirst, kSecond>(plan.count(p), in, data, factors, size, Index{16} << plan.first_level(p));
  }

  /// The round from its second pass on: up, from the lowest level to the highest, or down. Its last
  /// pass is also the first of the next round, if there is one.
  template <Order kOrder>
  void finish_round(const T* next_factors) const {
    constexpr bool kUp = kOrder == Order::ascending;
    for (int i = 1; i < plan.passes - 1; ++i) {
      run<kOrder, Order::none>(kUp ? i : plan.passes - 1 - i, data, nullptr);
    }
    const int last = kUp ? plan.passes - 1 : 0;
    if (next_factors) {
      run<kOrder, kUp ? Order::descending : Order::ascending>(last, data, next_factors);
    } else {
      run<kOrder, Order::none>(last, data, nullptr);
    }
  }
};

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

/// The levels inside a vector, ascending.
template <Scalar T, int... L>
HWY_INLINE Vector<T> inner_levels(Vector<T> v, std::integer_sequence<int, L...>) {
  (..., (v = hn::MulAdd(v, hn::Load(Tag<T>(), kLaneSigns<T>.level[L]), swapped<L, T>(v))));
  return v;
}

/// The levels inside the vectors and `kLevels` more.
template <int kLevels, Scalar T, std::size_t... V>
HWY_INLINE void first_pass(T* data, Index n, std::index_sequence<V...>) {
  constexpr Tag<T> d;
  constexpr std::make_integer_sequence<int, log2_exact(kLanes<T>)> kInner;
  for (T* group = data; group < data + n; group += static_cast<Index>(sizeof...(V)) * kLanes<T>) {
    Vector<T> v[] = {
        inner_levels<T>(hn::LoadU(d, group + static_cast<Index>(V) * kLanes<T>), kInner)...};
    levels<Order::ascending, T>(v, std::make_integer_sequence<int, kLevels>());
    (..., hn::StoreU(v[V], d, group + static_cast<Index>(V) * kLanes<T>));
  }
}

template <Scalar T>
void short_transform(T* data, Index n) {
  for (Index half = 1; half < n; half *= 2) {
    for (Index i = 0; i < n; ++i) {
      if ((i & half) != 0) continue;
      const T a = data[i];
      const T b = data[i + half];
      data[i] = a + b;
      data[i + half] = a - b;
    }
  }
}

}  // namespace

template <Scalar T>
void Hadamard<T>::hadamard16(const T* in, const T* factors, Index rounds, Index n,
                             T* out) noexcept {
  const Interleaved<T> work{Plan(log2_exact(n)), out, 16 * n};
  if (work.plan.passes == 1) {
    work.template run<Order::none, Order::ascending>(0, in, factors);
    for (Index r = 1; r < rounds; ++r) {
      if (r % 2 == 0) {
        work.template run<Order::none, Order::ascending>(0, out, factors + r * n);
      } else {
        work.template run<Order::none, Order::descending>(0, out, factors + r * n);
      }
    }
    return;
  }
  work.template run<Order::none, Order::ascending>(0, in, factors);
  for (Index r = 0; r < rounds; ++r) {
    const T* const next = r + 1 < rounds ? factors + (r + 1) * n : nullptr;
    if (r % 2 == 0) {
      work.template finish_round<Order::ascending>(next);
    } else {
      work.template finish_round<Order::descending>(next);
    }
  }
}

template <Scalar T>
void Hadamard<T>::fwht(T* data, Index n) noexcept {
  if (n < kLanes<T>) {
    short_transform(data, n);
    return;
  }
  const Plan plan(log2_exact(n / kLanes<T>));
  const int count = plan.count(0);
  if (count == 0) first_pass<0>(data, n, std::make_index_sequence<1>());
  if (count == 1) first_pass<1>(data, n, std::make_index_sequence<2>());
  if (count == 2) first_pass<2>(data, n, std::make_index_sequence<4>());
  if (count == 3) first_pass<3>(data, n, std::make_index_sequence<8>());
  if (count == kMaxLevels && kMaxLevels == 4) {
    first_pass<kMaxLevels>(data, n, std::make_index_sequence<1 << kMaxLevels>());
  }
  for (int p = 1; p < plan.passes; ++p) {
    pass<Order::ascending, Order::none, T>(plan.count(p), data, data, nullptr, n,
                                           kLanes<T> << plan.first_level(p));
  }
}

template <Scalar T>
void Hadamard<T>::interleave16(const T* x, Index ldx, Index rows, Index cols, Index n,
                               T* data) noexcept {
  Index first = 0;
  if (rows == 16) first = interleave_blocks<16>(x, ldx, cols, data);
  for (Index i = first; i < n; ++i) {
    for (Index l = 0; l < 16; ++l) data[i * 16 + l] = i < cols && l < rows ? x[l * ldx + i] : T{0};
  }
}

template <Scalar T>
void Hadamard<T>::deinterleave16(const T* data, const T* scale, Index rows, Index cols, T* out,
                                 Index ldo) noexcept {
  Index first = 0;
  if (rows == 16) first = deinterleave_blocks<16>(data, scale, cols, out, ldo);
  for (Index l = 0; l < rows; ++l) {
    for (Index i = first; i < cols; ++i) out[l * ldo + i] = scale[i] * data[i * 16 + l];
  }
}

template struct Hadamard<float>;
template struct Hadamard<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
