// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/exponential.cpp"
#include <hwy/foreach_target.h>

#include "simd/elementary-inl.hpp"
#include "simd/exp2_strips-inl.hpp"
#include "simd/fold-inl.hpp"
#include "simd/kernels-inl.hpp"

#include <limits>

/// \file
/// Exponentials: of blocks in base 2 with whole exponents split off, and of plain arrays.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// See elementary.hpp; every lane holds the same.
template <Scalar T>
struct Exp2Offset {
  static constexpr std::size_t kTerms = Constants<T>::kExp2.size();
  typename Constants<T>::Signed whole;
  Vector<T> coefficients[kTerms];
};

template <Scalar T, std::size_t... K>
HWY_INLINE Exp2Offset<T> exp2_offset(double offset, std::index_sequence<K...>) {
  constexpr Tag<T> d;
  typename Constants<T>::Signed whole;
  const auto factor = polynomial<Constants<T>::kExp2>(hn::Set(d, split_offset<T>(offset, whole)));
  return {whole, {hn::Mul(hn::Set(d, kElement<Constants<T>::kExp2, K>), factor)...}};
}

template <Scalar T>
HWY_INLINE Exp2Offset<T> exp2_offset(double offset) {
  return exp2_offset<T>(offset, std::make_index_sequence<Exp2Offset<T>::kTerms>());
}

template <Scalar T, std::size_t... K>
HWY_INLINE Vector<T> evaluate(const Exp2Offset<T>& offset, Vector<T> r, std::index_sequence<K...>) {
  constexpr std::size_t kLast = Exp2Offset<T>::kTerms - 1;
  Vector<T> sum = offset.coefficients[kLast];
  (..., (sum = hn::MulAdd(sum, r, offset.coefficients[kLast - 1 - K])));
  return sum;
}

/// 2^r times what is in the coefficients.
template <Scalar T>
HWY_INLINE Vector<T> exp2_fraction(const Exp2Offset<T>& offset, Vector<T> r) {
  return evaluate(offset, r, std::make_index_sequence<Exp2Offset<T>::kTerms - 1>());
}

/// 2^(x + offset - e) for any x; `shift` is the whole offset less e.
template <Scalar T>
HWY_INLINE Vector<T> exp2_shifted(Vector<T> x, const Exp2Offset<T>& offset, SignedVector<T> shift) {
  using C = Constants<T>;
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  const auto round = hn::Set(d, C::kRound);
  x = clamp(x, -C::kMaxLog2, C::kMaxLog2);
  const auto shifted = hn::Add(x, round);
  const auto p = exp2_fraction(offset, hn::Sub(x, hn::Sub(shifted, round)));
  const auto n = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, round));
  const auto field = hn::Add(n, hn::Add(shift, hn::Set(di, C::kBias)));
  const auto bounded = hn::Min(hn::Max(field, hn::Zero(di)), hn::Set(di, 2 * C::kBias + 1));
  return hn::Mul(p, from_exponent_field<T>(bounded));
}

/// A row of them, up to the end of the last vector.
template <Scalar T>
HWY_INLINE void exp2_any(T* row, Index cols, const Exp2Offset<T>& offset,
                         typename Constants<T>::Signed shift) {
  constexpr Tag<T> d;
  const auto whole = hn::Set(SignedTag<T>(), shift);
  for (Index j = 0; j < cols; j += kLanes<T>) {
    hn::StoreU(exp2_shifted(hn::LoadU(d, row + j), offset, whole), d, row + j);
  }
}

/// x = 2^(x + offset - e), a few vectors, for results whose exponent fields fit; `origin` is the
/// rounding constant plus the whole offset less e plus kBias.
template <Scalar T, std::size_t... V>
HWY_INLINE void exp2_fitting(Vector<T>* x, const Exp2Offset<T>& offset, const Vector<T>* origin,
                             std::index_sequence<V...>) {
  constexpr std::size_t kLast = Exp2Offset<T>::kTerms - 1;
  const Vector<T> shifted[] = {hn::Add(x[V], origin[V])...};
  const Vector<T> r[] = {hn::Sub(x[V], hn::Sub(shifted[V], origin[V]))...};
  Vector<T> sum[] = {
      hn::MulAdd(offset.coefficients[kLast], r[V], offset.coefficients[kLast - 1])...};
  HWY_UNROLL(16)
  for (std::size_t k = kLast - 1; k-- > 0;) {
    (..., (sum[V] = hn::MulAdd(sum[V], r[V], offset.coefficients[k])));
  }
  (..., (x[V] = hn::Mul(sum[V], from_exponent_field<T>(hn::BitCast(SignedTag<T>(), shifted[V])))));
}

/// The same for results of at most about 1: no field above 2 kBias can occur, and clamping from
/// below makes it 0 where it would be less. `biased` is the whole offset less e plus kBias.
template <Scalar T, std::size_t... V>
HWY_INLINE void exp2_bounded(T* x, const Exp2Offset<T>& offset, T biased,
                             std::index_sequence<V...> vectors) {
  constexpr Tag<T> d;
  const auto least = hn::Set(d, -biased);
  const auto round = hn::Set(d, Constants<T>::kRound + biased);
  const Vector<T> origin[] = {(static_cast<void>(V), round)...};
  Vector<T> v[] = {hn::Max(least, hn::LoadU(d, x + static_cast<Index>(V) * kLanes<T>))...};
  exp2_fitting(v, offset, origin, vectors);
  (..., hn::StoreU(v[V], d, x + static_cast<Index>(V) * kLanes<T>));
}

/// A row of them, up to the end of the last vector.
template <Scalar T, std::size_t... V>
HWY_INLINE void exp2_bounded(T* row, Index cols, const Exp2Offset<T>& offset, T biased,
                             std::index_sequence<V...> vectors) {
  constexpr auto kStep = static_cast<Index>(sizeof...(V)) * kLanes<T>;
  Index j = 0;
  for (; j + kStep <= cols; j += kStep) exp2_bounded(row + j, offset, biased, vectors);
  for (; j < cols; j += kLanes<T>) {
    exp2_bounded(row + j, offset, biased, std::make_index_sequence<1>());
  }
}

/// The maximum of count numbers; NaN takes no part (x86 returns the second operand).
template <Scalar T>
HWY_INLINE T row_maximum(const T* row, Index count) {
  constexpr Tag<T> d;
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto even = lowest;
  auto odd = lowest;
  Index j = 0;
  for (; j + 2 * kLanes<T> <= count; j += 2 * kLanes<T>) {
    even = hn::Max(hn::LoadU(d, row + j), even);
    odd = hn::Max(hn::LoadU(d, row + j + kLanes<T>), odd);
  }
  for (; j < count; j += kLanes<T>) {
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(count - j));
    even = hn::Max(hn::IfThenElse(inside, hn::LoadU(d, row + j), lowest), even);
  }
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(even, odd)));
}

/// Maxima of so many rows come first, then their exponentials: each maximum hangs on a long chain
/// of operations.
constexpr Index kRowsAtOnce = 8;

template <Scalar T>
HWY_INLINE T absolute(T x) {
  return x < 0 ? -x : x;
}

/// The whole number at or above a maximum, where it is one that carries an exponent.
template <Scalar T>
HWY_INLINE bool row_exponent(T maximum, std::int32_t& e) {
  if (!(absolute(maximum) < static_cast<T>(kMaxRowExponent))) return false;
  e = static_cast<std::int32_t>(maximum);
  if (static_cast<T>(e) < maximum) ++e;
  return true;
}

/// 2^(from - to) for whole numbers from < to; 0 below the normal numbers.
template <Scalar T>
HWY_INLINE T power_between(T from, T to) {
  using C = Constants<T>;
  const T difference = HWY_MAX(from - to, static_cast<T>(-C::kBias));
  const auto field = static_cast<typename C::Signed>(difference) + C::kBias;
  return hn::GetLane(from_exponent_field<T>(hn::Set(SignedTag<T>(), field)));
}

/// The whole number at or above x.
template <Scalar T>
HWY_INLINE T ceiling(T x) {
  return hn::GetLane(hn::Ceil(hn::Set(Tag<T>(), x)));
}

template <Scalar T>
HWY_INLINE Vector<T> exponential(Vector<T> x) {
  using C = Constants<T>;
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  const auto round = hn::Set(d, C::kRound);
  const auto biased_round = hn::Set(d, C::kRound + static_cast<T>(C::kBias));
  x = clamp(x, C::kExpMin, C::kExpMax);
  const auto n = hn::Sub(hn::MulAdd(x, hn::Set(d, C::kLog2E), round), round);
  const auto r =
      hn::NegMulAdd(n, hn::Set(d, C::kLn2Low), hn::NegMulAdd(n, hn::Set(d, C::kLn2High), x));
  const auto p = hn::Add(hn::Set(d, T{1}), hn::MulAdd(hn::Mul(r, r), polynomial<C::kExp>(r), r));
  // Two steps, so that results below the smallest normal number are rounded once.
  const auto half = hn::MulAdd(n, hn::Set(d, T{0.5}), biased_round);
  const auto rest = hn::Add(hn::Sub(n, hn::Sub(half, biased_round)), biased_round);
  return hn::Mul(hn::Mul(p, from_exponent_field<T>(hn::BitCast(di, half))),
                 from_exponent_field<T>(hn::BitCast(di, rest)));
}

}  // namespace

template <Scalar T>
void Exponential<T>::exp2_rows(T* block, Index ld, Index rows, Index cols, const T* fraction,
                               std::int32_t* exponent) noexcept {
  using C = Constants<T>;
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  for (Index first = 0; first < rows; first += kRowsAtOnce) {
    const Index last = HWY_MIN(rows, first + kRowsAtOnce);
    T maximum[kRowsAtOnce];
    for (Index r = first; r < last; ++r) maximum[r - first] = row_maximum(block + r * ld, cols);
    for (Index r = first; r < last; ++r) {
      T* const row = block + r * ld;
      const T highest = maximum[r - first];
      const auto offset = exp2_offset<T>(static_cast<double>(fraction[r]));
      std::int32_t e = 0;
      const bool finite = row_exponent(highest, e);
      exponent[r] += e;
      if (finite && absolute(highest) > C::kMaxLog2 / 2) {
        const auto whole = hn::Set(d, static_cast<T>(e));
        for (Index j = 0; j < cols; j += kLanes<T>) {
          hn::StoreU(hn::Sub(hn::LoadU(d, row + j), whole), d, row + j);
        }
        e = 0;
      }
      const auto shift = offset.whole - e;
      if (finite && offset.whole >= -1 && offset.whole <= 1) {
        exp2_bounded(row, cols, offset, static_cast<T>(shift + C::kBias), kSideBySide<T>);
        continue;
      }
      exp2_any(row, cols, offset, shift);
    }
  }
}

template <Scalar T>
void Exponential<T>::exp2_columns(T* block, Index ld, Index rows, Index cols,
                                  const double* row_offset, const std::int32_t* column_exponent,
                                  T* sums, const Ahead& ahead) noexcept {
  const ColumnExponents<T> exponents(column_exponent, cols);
  for (Index first = 0; first < rows; first += kBlockRows) {
    const Index count = HWY_MIN(kBlockRows, rows - first);
    const RowOffsets<T> offsets(row_offset ? row_offset + first : nullptr, count);
    exp2_strips<false>(block + first * ld, ld, count, cols, exponents, offsets, sums, ahead, first);
  }
}

template <Scalar T>
void Exponential<T>::exp2_weights(T* block, Index ld, Index rows, Index cols,
                                  const std::int32_t* column_exponent, std::int32_t* row_exponents,
                                  const Ahead& ahead) noexcept {
  constexpr std::make_index_sequence<8> kTogether;
  constexpr auto kStep = static_cast<Index>(kTogether.size());
  constexpr Index kGroup = 16;
  const ColumnExponents<T> exponents(column_exponent, cols);
  for (Index first = 0; first < rows; first += kGroup) {
    const Index count = HWY_MIN(kGroup, rows - first);
    T* const group = block + first * ld;
    T maximum[kGroup];
    Index r = 0;
    for (; r + kStep <= count; r += kStep) {
      exponents.maxima(group + r * ld, ld, cols, maximum + r, kTogether);
    }
    for (; r < count; ++r) {
      exponents.maxima(group + r * ld, ld, cols, maximum + r, std::make_index_sequence<1>());
    }
    RowOffsets<T> offsets(nullptr, count);
    for (r = 0; r < count; ++r) {
      std::int32_t whole = 0;
      row_exponent(maximum[r], whole);
      offsets.whole[r] = -whole;
      row_exponents[first + r] = whole;
    }
    exp2_strips<true>(group, ld, count, cols, exponents, offsets, static_cast<T*>(nullptr), ahead,
                      first);
  }
}

template <Scalar T>
void Exponential<T>::softmax_rows(T* block, Index ld, Index rows, const std::int32_t* count,
                                  T* exponent, T* rescale, T* sum) noexcept {
  using C = Constants<T>;
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  constexpr Tag<T> d;
  const auto none = exp2_offset<T>(0.0);
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const Index n = count[r];
    const T maximum = row_maximum(row, n);
    const bool finite = absolute(maximum) < kInfinity;
    const T e = HWY_MAX(finite ? ceiling(maximum) : -kInfinity, exponent[r]);
    rescale[r] = e != exponent[r] ? power_between(exponent[r], e) : T{1};
    exponent[r] = e;
    T down = e == -kInfinity ? T{0} : e;
    if (absolute(down) > C::kMaxLog2 / 2) {  // too large to be split: exact for what is near e
      const auto whole = hn::Set(d, down);
      Index j = 0;
      for (; j + kLanes<T> <= n; j += kLanes<T>) {
        hn::StoreU(hn::Sub(hn::LoadU(d, row + j), whole), d, row + j);
      }
      for (; j < n; ++j) row[j] -= down;
      down = T{0};
    }
    const auto biased = static_cast<T>(C::kBias - down);
    const auto shift = -static_cast<typename C::Signed>(down);
    const Index inside = n / kLanes<T> * kLanes<T>;
    HWY_ALIGN T tail[kLanes<T>];
    hn::Store(load_first(row + inside, n - inside), d, tail);
    if (finite) {
      exp2_bounded(row, inside, none, biased, kSideBySide<T>);
      exp2_bounded(tail, none, biased, std::make_index_sequence<1>());
    } else {
      exp2_any(row, inside, none, shift);
      exp2_any(tail, kLanes<T>, none, shift);
    }
    for (Index j = inside; j < n; ++j) row[j] = tail[j - inside];
    sum[r] = rescale[r] * sum[r] + folded_sum(row, static_cast<const T*>(nullptr), n);
  }
}

template <Scalar T>
void Exponential<T>::exp(const T* x, T* out, Index n) noexcept {
  constexpr Tag<T> d;
  Index i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) {
    hn::StoreU(exponential<T>(hn::LoadU(d, x + i)), d, out + i);
  }
  if (i < n) store_first(exponential<T>(load_first(x + i, n - i)), out + i, n - i);
}

template struct Exponential<float>;
template struct Exponential<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
