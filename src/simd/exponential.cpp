// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/exponential.cpp"
#include <hwy/foreach_target.h>

#include "simd/elementary-inl.hpp"
#include "simd/families-inl.hpp"

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
  constexpr double kRound = Constants<double>::kRound;
  constexpr Tag<T> d;
  const double bounded = HWY_MIN(HWY_MAX(offset, -kMaxRowOffset), kMaxRowOffset);
  const double whole = (bounded + kRound) - kRound;
  const auto factor = polynomial<Constants<T>::kExp2>(hn::Set(d, static_cast<T>(offset - whole)));
  return {whole == whole ? static_cast<typename Constants<T>::Signed>(whole) : 0,
          {hn::Mul(hn::Set(d, kElement<Constants<T>::kExp2, K>), factor)...}};
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

template <Scalar T>
HWY_INLINE T row_maximum(const T* row, Index cols) {
  constexpr Tag<T> d;
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto even = lowest;
  auto odd = lowest;
  Index j = 0;
  for (; j + 2 * kLanes<T> <= cols; j += 2 * kLanes<T>) {  // NaN: x86 returns the second operand
    even = hn::Max(hn::LoadU(d, row + j), even);
    odd = hn::Max(hn::LoadU(d, row + j + kLanes<T>), odd);
  }
  for (; j < cols; j += kLanes<T>) {
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(cols - j));
    even = hn::Max(hn::IfThenElse(inside, hn::LoadU(d, row + j), lowest), even);
  }
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(even, odd)));
}

template <Scalar T>
HWY_INLINE T absolute(T x) {
  return x < 0 ? -x : x;
}

/// The column exponents of a vector, in the scalar's width.
HWY_INLINE SignedVector<float> load_exponents(float, const std::int32_t* e) {
  return hn::LoadU(SignedTag<float>(), e);
}
HWY_INLINE SignedVector<double> load_exponents(double, const std::int32_t* e) {
  constexpr hn::Rebind<std::int32_t, Tag<double>> narrow;
  return hn::PromoteTo(SignedTag<double>(), hn::LoadU(narrow, e));
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
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const auto offset = exp2_offset<T>(static_cast<double>(fraction[r]));
    const T maximum = row_maximum(row, cols);
    std::int32_t e = 0;
    bool splittable = false;
    if (absolute(maximum) < static_cast<T>(kMaxRowExponent)) {
      e = static_cast<std::int32_t>(maximum);
      if (static_cast<T>(e) < maximum) ++e;
      exponent[r] += e;
      if (absolute(maximum) > C::kMaxLog2 / 2) {
        const auto whole = hn::Set(d, static_cast<T>(e));
        for (Index j = 0; j < cols; j += kLanes<T>) {
          hn::StoreU(hn::Sub(hn::LoadU(d, row + j), whole), d, row + j);
        }
        e = 0;
      }
      splittable = offset.whole >= -1 && offset.whole <= 1;
    }
    const auto shift = offset.whole - e;
    if (splittable) {
      // No field above 2 kBias can occur, and clamping from below makes it 0 where it would be
      // less.
      const auto biased = static_cast<T>(shift + C::kBias);
      const auto lowest = hn::Set(d, -biased);
      const auto round = hn::Set(d, C::kRound + biased);
      for (Index j = 0; j < cols; j += kLanes<T>) {
        const auto x = hn::Max(lowest, hn::LoadU(d, row + j));
        const auto shifted = hn::Add(x, round);
        const auto p = exp2_fraction(offset, hn::Sub(x, hn::Sub(shifted, round)));
        hn::StoreU(hn::Mul(p, from_exponent_field<T>(hn::BitCast(di, shifted))), d, row + j);
      }
    } else {
      for (Index j = 0; j < cols; j += kLanes<T>) {
        const auto x = hn::LoadU(d, row + j);
        hn::StoreU(exp2_shifted(x, offset, hn::Set(di, shift)), d, row + j);
      }
    }
  }
}

template <Scalar T>
void Exponential<T>::exp2_columns(T* block, Index ld, Index rows, Index cols,
                                  const double* row_offset,
                                  const std::int32_t* column_exponent) noexcept {
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  const auto massless = hn::Set(
      di, static_cast<typename Constants<T>::Signed>(std::numeric_limits<std::int32_t>::min()));
  const Index whole = cols / kLanes<T> * kLanes<T>;
  std::int32_t none[kLanes<T>] = {};
  std::int32_t tail[kLanes<T>] = {};
  for (Index j = whole; column_exponent && j < cols; ++j) tail[j - whole] = column_exponent[j];
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const auto offset = exp2_offset<T>(row_offset ? row_offset[r] : 0.0);
    const auto shift = hn::Set(di, offset.whole);
    for (Index j = 0; j < cols; j += kLanes<T>) {
      const std::int32_t* const exponents = !column_exponent ? none
                                            : j < whole      ? column_exponent + j
                                                             : tail;
      const auto e = load_exponents(T{}, exponents);
      const auto value = exp2_shifted(hn::LoadU(d, row + j), offset, hn::Sub(shift, e));
      const auto empty = hn::RebindMask(d, hn::Eq(e, massless));
      hn::StoreU(hn::IfThenZeroElse(empty, value), d, row + j);
    }
  }
}

template <Scalar T>
void Exponential<T>::exp(const T* x, T* out, Index n) noexcept {
  constexpr Tag<T> d;
  Index i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) {
    hn::StoreU(exponential<T>(hn::LoadU(d, x + i)), d, out + i);
  }
  if (i < n) {
    HWY_ALIGN T tail[kLanes<T>] = {};
    for (Index l = 0; i + l < n; ++l) tail[l] = x[i + l];
    hn::Store(exponential<T>(hn::Load(d, tail)), d, tail);
    for (Index l = 0; i + l < n; ++l) out[i + l] = tail[l];
  }
}

template struct Exponential<float>;
template struct Exponential<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
