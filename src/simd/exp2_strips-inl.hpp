// SPDX-License-Identifier: Apache-2.0

// Exponentials of blocks by strips of columns; included once for each instruction set, hence no
// #pragma once.
#if defined(BOCHNER_SIMD_EXP2_STRIPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_EXP2_STRIPS_INL
#undef BOCHNER_SIMD_EXP2_STRIPS_INL
#else
#define BOCHNER_SIMD_EXP2_STRIPS_INL
#endif

#include "simd/elementary-inl.hpp"

#include <hwy/cache_control.h>

#include <limits>

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

/// The whole part of an offset, and the rest.
template <Scalar T>
HWY_INLINE T split_offset(double offset, typename Constants<T>::Signed& whole) {
  constexpr double kRound = Constants<double>::kRound;
  const double bounded = HWY_MIN(HWY_MAX(offset, -kMaxRowOffset), kMaxRowOffset);
  const double nearest = (bounded + kRound) - kRound;
  whole = nearest == nearest ? static_cast<typename Constants<T>::Signed>(nearest) : 0;
  return static_cast<T>(offset - nearest);
}

/// Vectors whose polynomials are evaluated side by side: each is one chain of dependent operations.
template <Scalar T>
inline constexpr std::make_index_sequence<HWY_TARGET <= HWY_AVX3 ? 4 : 2> kSideBySide;

/// Exponents of columns by vectors, zeros for null; those beyond the last column count as massless.
template <Scalar T>
class ColumnExponents {
 public:
  ColumnExponents(const std::int32_t* exponent, Index cols)
      : exponent_(exponent), whole_(cols / kLanes<T> * kLanes<T>) {
    for (Index l = 0; l < kLanes<T>; ++l) {
      tail_[l] = whole_ + l >= cols ? kMassless : exponent ? exponent[whole_ + l] : 0;
    }
  }

  HWY_INLINE SignedVector<T> load(Index j) const {
    if (j >= whole_) return widened(T{}, tail_);
    return exponent_ ? widened(T{}, exponent_ + j) : hn::Zero(SignedTag<T>());
  }

  static HWY_INLINE hn::Mask<SignedTag<T>> massless(SignedVector<T> e) {
    return hn::Eq(e, hn::Set(SignedTag<T>(), kMassless));
  }

  /// The maxima of row_j + exponent_j over the columns with mass, for rows R...
  template <std::size_t... R>
  HWY_INLINE void maxima(const T* rows, Index ld, Index cols, T* maximum,
                         std::index_sequence<R...>) const {
    constexpr Tag<T> d;
    const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
    Vector<T> top[] = {(static_cast<void>(R), lowest)...};
    for (Index j = 0; j < cols; j += kLanes<T>) {
      const auto e = load(j);
      const auto term = hn::IfThenElse(hn::RebindMask(d, massless(e)), lowest, hn::ConvertTo(d, e));
      (..., (top[R] = hn::Max(hn::Add(hn::LoadU(d, rows + static_cast<Index>(R) * ld + j), term),
                              top[R])));
    }
    (..., (maximum[R] = hn::GetLane(hn::MaxOfLanes(d, top[R]))));
  }

 private:
  static constexpr std::int32_t kMassless = std::numeric_limits<std::int32_t>::min();

  static HWY_INLINE SignedVector<float> widened(float, const std::int32_t* e) {
    return hn::LoadU(SignedTag<float>(), e);
  }
  static HWY_INLINE SignedVector<double> widened(double, const std::int32_t* e) {
    constexpr hn::Rebind<std::int32_t, Tag<double>> narrow;
    return hn::PromoteTo(SignedTag<double>(), hn::LoadU(narrow, e));
  }

  const std::int32_t* exponent_;
  Index whole_;
  std::int32_t tail_[kLanes<T>];
};

/// Offsets of up to kBlockRows rows: their whole parts, and the coefficients of 2^r times 2^(the
/// rest).
template <Scalar T>
struct RowOffsets {
  static constexpr std::size_t kTerms = Constants<T>::kExp2.size();
  typename Constants<T>::Signed whole[kBlockRows] = {};
  HWY_ALIGN T coefficients[kTerms][kBlockRows];

  /// No offsets when `offset` is null.
  RowOffsets(const double* offset, Index rows) {
    HWY_ALIGN T fraction[kBlockRows] = {};
    for (Index r = 0; offset && r < rows; ++r) fraction[r] = split_offset<T>(offset[r], whole[r]);
    for (Index r = 0; r < rows; r += kLanes<T>) {
      fill(hn::Load(Tag<T>(), fraction + r), r, std::make_index_sequence<kTerms>());
    }
  }

 private:
  template <std::size_t... K>
  HWY_INLINE void fill(Vector<T> fraction, Index r, std::index_sequence<K...>) {
    constexpr Tag<T> d;
    const auto factor = polynomial<Constants<T>::kExp2>(fraction);
    (..., hn::Store(hn::Mul(hn::Set(d, kElement<Constants<T>::kExp2, K>), factor), d,
                    coefficients[K] + r));
  }
};

/// x = 2^(x + offset of row r + shift), a few vectors, also added to `totals`; `shift` includes
/// kBias and undoes the rounding constant.
template <Scalar T, std::size_t... V>
HWY_INLINE void exp2_of_row(T* x, const RowOffsets<T>& offsets, Index r,
                            const SignedVector<T>* shift, const SignedVector<T>* keep,
                            Vector<T>* totals, std::index_sequence<V...>) {
  using C = Constants<T>;
  constexpr Tag<T> d;
  constexpr SignedTag<T> di;
  constexpr std::size_t kLast = RowOffsets<T>::kTerms - 1;
  const auto round = hn::Set(d, C::kRound);
  const Vector<T> v[] = {
      clamp(hn::LoadU(d, x + static_cast<Index>(V) * kLanes<T>), -C::kMaxLog2, C::kMaxLog2)...};
  const Vector<T> shifted[] = {hn::Add(v[V], round)...};
  const Vector<T> rest[] = {hn::Sub(v[V], hn::Sub(shifted[V], round))...};
  const auto whole = hn::Set(di, offsets.whole[r]);
  const SignedVector<T> field[] = {
      hn::Min(hn::Max(hn::Add(hn::BitCast(di, shifted[V]), hn::Add(whole, shift[V])), hn::Zero(di)),
              hn::Set(di, 2 * C::kBias + 1))...};
  Vector<T> sum[] = {hn::MulAdd(hn::Set(d, offsets.coefficients[kLast][r]), rest[V],
                                hn::Set(d, offsets.coefficients[kLast - 1][r]))...};
  HWY_UNROLL(16)
  for (std::size_t k = kLast - 1; k-- > 0;) {
    const auto coefficient = hn::Set(d, offsets.coefficients[k][r]);
    (..., (sum[V] = hn::MulAdd(sum[V], rest[V], coefficient)));
  }
  (..., (sum[V] = hn::Mul(sum[V], from_exponent_field<T>(field[V]))));
  if (keep) (..., (sum[V] = hn::And(sum[V], hn::BitCast(d, keep[V]))));
  (..., hn::StoreU(sum[V], d, x + static_cast<Index>(V) * kLanes<T>));
  (..., (totals[V] = hn::Add(totals[V], sum[V])));
}

/// Each strip of columns prefetches its share of the lines of each row ahead.
struct StripAhead {
  const Ahead& ahead;
  Index row;  ///< the one that goes with the first of a strip
  Index strip;
  Index strips;

  HWY_INLINE void ask(Index r) const {
    constexpr Index kLine = 64;
    for (const RowsAhead& rows : ahead) {
      if (row + r >= rows.rows) continue;
      const auto* const bytes = static_cast<const char*>(rows.first) + (row + r) * rows.row_stride;
      for (Index b = strip * kLine; b < rows.row_bytes; b += strips * kLine) {
        hwy::Prefetch(bytes + b);
      }
    }
  }
};

/// Some vectors of columns from j on, all rows: 2^(x + offset +- exponent of the column); `totals`
/// are the sums of the columns.
template <bool kAdd, Scalar T, std::size_t... V>
HWY_INLINE void exp2_strip(T* block, Index ld, Index rows, Index j,
                           const ColumnExponents<T>& exponents, const RowOffsets<T>& offsets,
                           const StripAhead& ahead, Vector<T>* totals,
                           std::index_sequence<V...> vectors) {
  using C = Constants<T>;
  constexpr SignedTag<T> di;
  const auto bias = hn::Sub(hn::Set(di, C::kBias), hn::BitCast(di, hn::Set(Tag<T>(), C::kRound)));
  const SignedVector<T> e[] = {exponents.load(j + static_cast<Index>(V) * kLanes<T>)...};
  const SignedVector<T> shift[] = {kAdd ? hn::Add(bias, e[V]) : hn::Sub(bias, e[V])...};
  const SignedVector<T> keep[] = {hn::IfThenZeroElse(exponents.massless(e[V]), hn::Set(di, -1))...};
  const bool all = (... && hn::AllFalse(di, exponents.massless(e[V])));
  for (Index r = 0; r < rows; ++r) {
    ahead.ask(r);
    exp2_of_row(block + r * ld + j, offsets, r, shift, all ? nullptr : keep, totals, vectors);
  }
}

/// 2^(x + offset of the row +- exponent of the column) of at most kBlockRows rows, the first of
/// which is row `first` of the call; columns without mass become 0. Unless `sums` is null, the sums
/// of the columns are there, or go on there after the first rows of a call.
template <bool kAdd, Scalar T>
HWY_INLINE void exp2_strips(T* block, Index ld, Index rows, Index cols,
                            const ColumnExponents<T>& exponents, const RowOffsets<T>& offsets,
                            T* sums, const Ahead& ahead, Index first) {
  constexpr Tag<T> d;
  constexpr Index kStep = static_cast<Index>(kSideBySide<T>.size()) * kLanes<T>;
  StripAhead share{ahead, first, 0, HWY_MAX(cols / kStep, Index{1})};
  Index j = 0;
  for (; j + kStep <= cols; j += kStep, ++share.strip) {
    Vector<T> totals[kSideBySide<T>.size()];
    HWY_UNROLL(4)
    for (Index v = 0; v < kStep; v += kLanes<T>) {
      totals[v / kLanes<T>] = sums && first > 0 ? hn::LoadU(d, sums + j + v) : hn::Zero(d);
    }
    exp2_strip<kAdd>(block, ld, rows, j, exponents, offsets, share, totals, kSideBySide<T>);
    HWY_UNROLL(4)
    for (Index v = 0; sums && v < kStep; v += kLanes<T>) {
      hn::StoreU(totals[v / kLanes<T>], d, sums + j + v);
    }
  }
  for (; j < cols; j += kLanes<T>) {
    auto total = sums && first > 0 ? load_first(sums + j, cols - j) : hn::Zero(d);
    exp2_strip<kAdd>(block, ld, rows, j, exponents, offsets, {{}, 0, 0, 1}, &total,
                     std::make_index_sequence<1>());
    if (sums) store_first(total, sums + j, cols - j);
  }
}

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
