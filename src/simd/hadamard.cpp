// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/hadamard.cpp"
#include <hwy/foreach_target.h>

#include "simd/butterfly-inl.hpp"
#include "simd/kernels-inl.hpp"
#include "simd/transpose-inl.hpp"

/// \file
/// Hadamard projections. As many rows as 16 bytes hold elements go through together, and a vector
/// holds one column of all of them in each of its blocks of 16 bytes. Of the bits of a column's
/// number the lowest (the column of a block) and the highest are then levels between vectors, those
/// in the middle (the block) levels inside a vector. Short transforms stay in the registers through
/// all rounds; long ones take passes, of which the last of a round and the first of the next, which
/// goes through the levels the other way, are one.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

template <Scalar T>
constexpr auto kRowsTogether = static_cast<std::size_t>(kBlock<T>);
template <Scalar T>
constexpr int kBlockLevels = log2_exact(kBlock<T>);
template <int kLevels>
constexpr std::make_index_sequence<std::size_t{1} << kLevels> kGroup;

/// The lowest pass sees whole blocks: levels of their columns and those inside vectors are its own.
enum class Place { lowest, higher };

/// What a pass does: levels after the factors of a round, levels, or levels on both sides of them.
enum class Work { begin, go_on, turn };

constexpr Order reversed(Order order) {
  return order == Order::ascending ? Order::descending : Order::ascending;
}

/// What belongs to one block after another: the levels of its columns but the first kDone of the
/// order, and those inside its vectors.
template <Order kOrder, int kDone, Scalar T, std::size_t... R>
HWY_INLINE void block_levels(Vector<T>* v, std::index_sequence<R...>) {
  constexpr int kAll = kBlockLevels<T>;
  if constexpr (kOrder == Order::ascending) levels<kOrder, kAll, kDone, kAll, T>(v);
  (..., (v[R] = inner_levels<kOrder, kAll, T>(v[R])));
  if constexpr (kOrder == Order::descending) levels<kOrder, kAll, 0, kAll, T>(v);
}

template <Order kOrder, int kDone, Scalar T, std::size_t... B>
HWY_INLINE void levels_of_blocks(Vector<T>* v, std::index_sequence<B...>) {
  (..., block_levels<kOrder, kDone, T>(v + B * kRowsTogether<T>,
                                       std::make_index_sequence<kRowsTogether<T>>()));
}

/// The levels of a group but the first kDone (none or one) between vectors of the order.
template <Place kPlace, Order kOrder, int kLevels, int kDone, Scalar T>
HWY_INLINE void levels_after(Vector<T>* v) {
  if constexpr (kPlace == Place::higher) {
    constexpr bool kUp = kOrder == Order::ascending;
    levels<kOrder, kLevels, kUp ? kDone : 0, kUp ? kLevels : kLevels - kDone, T>(v);
  } else {
    constexpr int kSplit = kBlockLevels<T>;
    constexpr std::make_index_sequence<(std::size_t{1} << kLevels) / kRowsTogether<T>> kBlocks;
    if constexpr (kOrder == Order::ascending) {
      levels_of_blocks<kOrder, kDone, T>(v, kBlocks);
      levels<kOrder, kLevels, kSplit, kLevels, T>(v);
    } else {
      levels<kOrder, kLevels, kSplit, kLevels - kDone, T>(v);
      levels_of_blocks<kOrder, 0, T>(v, kBlocks);
    }
  }
}

/// The factors of vector kVector of a group that starts at vector `first`, column kColumn of a
/// block.
template <Place kPlace, std::size_t kColumn, std::size_t kVector, Scalar T>
HWY_INLINE Vector<T> factor_of(const T* factors, Index first, Index stride) {
  constexpr auto kInBlock =
      static_cast<int>(kPlace == Place::lowest ? kVector % kRowsTogether<T> : kColumn);
  const Index vector = first + static_cast<Index>(kVector) * stride;
  const auto blocks = hn::LoadU(Tag<T>(), factors + vector / kBlock<T> * kLanes<T>);
  return hn::Broadcast<kInBlock>(blocks);
}

/// (a, b) <- (f a + g b, f a - g b).
template <Scalar T>
HWY_INLINE void scaled_butterfly(Vector<T>& a, Vector<T>& b, Vector<T> f, Vector<T> g) {
  const auto x = a;
  const auto y = hn::Mul(g, b);
  a = hn::MulAdd(f, x, y);
  b = hn::MulSub(f, x, y);
}

/// The factors of a round and level kLevel.
template <Place kPlace, std::size_t kColumn, int kLevel, Scalar T, std::size_t... P>
HWY_INLINE void scaled_level(Vector<T>* v, const T* factors, Index first, Index stride,
                             std::index_sequence<P...>) {
  constexpr std::size_t kHalf = std::size_t{1} << kLevel;
  (...,
   scaled_butterfly<T>(
       v[P / kHalf * 2 * kHalf + P % kHalf], v[P / kHalf * 2 * kHalf + P % kHalf + kHalf],
       factor_of<kPlace, kColumn, P / kHalf * 2 * kHalf + P % kHalf, T>(factors, first, stride),
       factor_of<kPlace, kColumn, P / kHalf * 2 * kHalf + P % kHalf + kHalf, T>(factors, first,
                                                                                stride)));
}

/// The factors of a round, then the levels of the group.
template <Place kPlace, Order kOrder, int kLevels, std::size_t kColumn, Scalar T, std::size_t... V>
HWY_INLINE void begin_round(Vector<T>* v, const T* factors, Index first, Index stride,
                            std::index_sequence<V...> all) {
  constexpr bool kInnerFirst =
      kPlace == Place::lowest && kOrder == Order::descending && kLevels == kBlockLevels<T>;
  if constexpr (kInnerFirst) {
    (..., (v[V] = hn::Mul(v[V], factor_of<kPlace, kColumn, V, T>(factors, first, stride))));
    levels_after<kPlace, kOrder, kLevels, 0, T>(v);
  } else {
    constexpr int kFirst = kOrder == Order::ascending ? 0 : kLevels - 1;
    scaled_level<kPlace, kColumn, kFirst, T>(v, factors, first, stride,
                                             std::make_index_sequence<sizeof...(V) / 2>());
    levels_after<kPlace, kOrder, kLevels, 1, T>(v);
  }
}

/// Vectors `first`, first + stride, ...; after a turn levels go in the order opposite to kOrder.
template <Place kPlace, Work kWork, Order kOrder, int kLevels, std::size_t kColumn, Scalar T,
          std::size_t... V>
HWY_INLINE void pass_group(const T* in, T* out, const T* factors, Index first, Index stride,
                           std::index_sequence<V...> all) {
  constexpr Tag<T> d;
  Vector<T> v[] = {hn::LoadU(d, in + (first + static_cast<Index>(V) * stride) * kLanes<T>)...};
  if constexpr (kWork == Work::begin) {
    begin_round<kPlace, kOrder, kLevels, kColumn, T>(v, factors, first, stride, all);
  } else {
    levels_after<kPlace, kOrder, kLevels, 0, T>(v);
  }
  if constexpr (kWork == Work::turn) {
    begin_round<kPlace, reversed(kOrder), kLevels, kColumn, T>(v, factors, first, stride, all);
  }
  (..., hn::StoreU(v[V], d, out + (first + static_cast<Index>(V) * stride) * kLanes<T>));
}

template <Work kWork, Order kOrder, int kLevels, Scalar T, std::size_t... E>
void higher_pass(const T* in, T* out, const T* factors, Index vectors, Index stride,
                 std::index_sequence<E...>) {
  for (Index block = 0; block < vectors; block += stride << kLevels) {
    for (Index i = block; i < block + stride; i += kBlock<T>) {
      (..., pass_group<Place::higher, kWork, kOrder, kLevels, E>(
                in, out, factors, i + static_cast<Index>(E), stride, kGroup<kLevels>));
    }
  }
}

/// One pass over `vectors` vectors, partners `stride` vectors apart; the lowest has a stride of 1.
template <Work kWork, Order kOrder, int kLevels, Scalar T>
void pass(const T* in, T* out, const T* factors, Index vectors, Index stride) {
  if (stride > 1) {
    higher_pass<kWork, kOrder, kLevels>(in, out, factors, vectors, stride,
                                        std::make_index_sequence<kRowsTogether<T>>());
  } else if constexpr (kLevels >= kBlockLevels<T>) {
    for (Index i = 0; i < vectors; i += Index{1} << kLevels) {
      pass_group<Place::lowest, kWork, kOrder, kLevels, 0>(in, out, factors, i, 1, kGroup<kLevels>);
    }
  }
}

template <Work kWork, Order kOrder, Scalar T>
void pass(int count, const T* in, T* out, const T* factors, Index vectors, Index stride) {
  if (count == 1) pass<kWork, kOrder, 1>(in, out, factors, vectors, stride);
  if (count == 2) pass<kWork, kOrder, 2>(in, out, factors, vectors, stride);
  if (count == 3) pass<kWork, kOrder, 3>(in, out, factors, vectors, stride);
  if constexpr (kMaxLevels == 4) {
    if (count == 4) pass<kWork, kOrder, 4>(in, out, factors, vectors, stride);
  }
}

/// Where a group of rows goes, and what its columns are multiplied by.
template <Scalar T>
struct Target {
  T* out;
  Index ldo;
  Index rows;
  Index cols;
  const T* scale;
};

/// Blocks that are side by side: back into rows, from a column on.
template <Scalar T, std::size_t... R>
HWY_INLINE void store_blocks_as_rows(Vector<T>* v, Index column, const Target<T>& to,
                                     std::index_sequence<R...>) {
  constexpr Tag<T> d;
  if (column >= to.cols) return;
  transpose_blocks(v);
  const auto scale = hn::LoadU(d, to.scale + column);
  (..., (static_cast<Index>(R) < to.rows
             ? hn::StoreU(hn::Mul(scale, v[R]), d, to.out + static_cast<Index>(R) * to.ldo + column)
             : static_cast<void>(0)));
}

template <Scalar T, std::size_t... B>
HWY_INLINE void store_group(Vector<T>* v, Index first, const Target<T>& to,
                            std::index_sequence<B...>) {
  (..., store_blocks_as_rows<T>(v + B * kRowsTogether<T>,
                                (first / kBlock<T> + static_cast<Index>(B)) * kLanes<T>, to,
                                std::make_index_sequence<kRowsTogether<T>>()));
}

template <int kLevels, Scalar T>
HWY_INLINE void store_group(Vector<T>* v, Index first, const Target<T>& to) {
  store_group<T>(v, first, to,
                 std::make_index_sequence<(std::size_t{1} << kLevels) / kRowsTogether<T>>());
}

/// The lowest pass as the end of the last round.
template <int kLevels, Scalar T, std::size_t... V>
void last_pass(const T* in, Index vectors, const Target<T>& to, std::index_sequence<V...> all) {
  for (Index first = 0; first < vectors; first += Index{1} << kLevels) {
    Vector<T> v[] = {hn::LoadU(Tag<T>(), in + (first + static_cast<Index>(V)) * kLanes<T>)...};
    levels_after<Place::lowest, Order::descending, kLevels, 0, T>(v);
    store_group<kLevels, T>(v, first, to);
  }
}

/// All rounds of a transform that fits in the registers.
template <int kLevels, Scalar T, std::size_t... V>
void whole(const T* in, const T* factors, Index rounds, Index n, const Target<T>& to,
           std::index_sequence<V...> all) {
  Vector<T> v[] = {hn::LoadU(Tag<T>(), in + static_cast<Index>(V) * kLanes<T>)...};
  Index r = 0;
  if (rounds % 2 == 1) {
    begin_round<Place::lowest, Order::descending, kLevels, 0, T>(v, factors, 0, 1, all);
    ++r;
  }
  for (; r < rounds; r += 2) {
    const T* const up = factors + r * n;
    begin_round<Place::lowest, Order::ascending, kLevels, 0, T>(v, up, 0, 1, all);
    begin_round<Place::lowest, Order::descending, kLevels, 0, T>(v, up + n, 0, 1, all);
  }
  store_group<kLevels, T>(v, 0, to);
}

/// A transform that takes several passes.
template <Scalar T>
struct Passes {
  Plan plan;
  T* data;
  Index vectors;

  template <Work kWork, Order kOrder>
  void run(int i, const T* in, const T* factors) const {
    const int p = kOrder == Order::ascending ? i : plan.passes - 1 - i;
    pass<kWork, kOrder>(plan.count(p), in, data, factors, vectors, Index{1} << plan.first_level(p));
  }

  /// A round from its second pass on, and the first pass of the next round.
  template <Order kOrder>
  void finish_round(const T* next_factors) const {
    for (int i = 1; i < plan.passes - 1; ++i) run<Work::go_on, kOrder>(i, data, nullptr);
    run<Work::turn, kOrder>(plan.passes - 1, data, next_factors);
  }

  void finish_last_round(const Target<T>& to) const {
    for (int i = 1; i < plan.passes - 1; ++i) run<Work::go_on, Order::descending>(i, data, nullptr);
    const int count = plan.count(0);
    if constexpr (kBlockLevels<T> == 1) {
      if (count == 1) last_pass<1>(data, vectors, to, kGroup<1>);
    }
    if (count == 2) last_pass<2>(data, vectors, to, kGroup<2>);
    if (count == 3) last_pass<3>(data, vectors, to, kGroup<3>);
    if constexpr (kMaxLevels == 4) {
      if (count == 4) last_pass<4>(data, vectors, to, kGroup<4>);
    }
  }
};

/// All rounds of one transform.
template <Scalar T>
void transform(const T* in, const T* factors, Index rounds, Index n, const Target<T>& to, T* work) {
  const Index vectors = n * kBlock<T> / kLanes<T>;
  const Passes<T> passes{Plan(log2_exact(vectors)), work, vectors};
  if (passes.plan.passes == 1) {
    if constexpr (kBlockLevels<T> == 1) {
      if (vectors == 2) whole<1>(in, factors, rounds, n, to, kGroup<1>);
    }
    if (vectors == 4) whole<2>(in, factors, rounds, n, to, kGroup<2>);
    if (vectors == 8) whole<3>(in, factors, rounds, n, to, kGroup<3>);
    if constexpr (kMaxLevels == 4) {
      if (vectors == 16) whole<4>(in, factors, rounds, n, to, kGroup<4>);
    }
    return;
  }
  if (rounds % 2 == 0) {
    passes.template run<Work::begin, Order::ascending>(0, in, factors);
  } else {
    passes.template run<Work::begin, Order::descending>(0, in, factors);
  }
  for (Index r = 0; r + 1 < rounds; ++r) {
    const T* const next = factors + (r + 1) * n;
    if ((rounds - r) % 2 == 0) {
      passes.template finish_round<Order::ascending>(next);
    } else {
      passes.template finish_round<Order::descending>(next);
    }
  }
  passes.finish_last_round(to);
}

/// Rows into vectors; entries from `cols` up to n, and missing rows, become zero.
template <Scalar T>
void interleave(const T* x, Index ldx, Index rows, Index cols, Index n, T* out) {
  constexpr Tag<T> d;
  for (Index column = 0; column < n; column += kLanes<T>) {
    Vector<T> v[kRowsTogether<T>];
    for (Index r = 0; r < kBlock<T>; ++r) {
      const T* const from = x + r * ldx + column;
      if (r >= rows || column >= cols) {
        v[r] = hn::Zero(d);
      } else if (column + kLanes<T> <= cols) {
        v[r] = hn::LoadU(d, from);
      } else {
        v[r] = load_first(from, cols - column);
      }
    }
    transpose_blocks(v);
    for (Index r = 0; r < kBlock<T>; ++r, out += kLanes<T>) hn::StoreU(v[r], d, out);
  }
}

}  // namespace

template <Scalar T>
void Hadamard<T>::hadamard(const T* x, Index ldx, Index rows, Index dim, Index n, const T* factors,
                           Index rounds, const T* scale, Index cols, T* out, Index ldo,
                           T* scratch) noexcept {
  T* const input = scratch;
  T* const work = scratch + n * kBlock<T>;
  for (Index first = 0; first < rows; first += kBlock<T>) {
    const Index count = HWY_MIN(kBlock<T>, rows - first);
    interleave(x + first * ldx, ldx, count, dim, n, input);
    for (Index start = 0; start < cols; start += n) {
      const Target<T> to{out + first * ldo + start, ldo, count, HWY_MIN(n, cols - start),
                         scale + start};
      transform(input, factors + start * rounds, rounds, n, to, work);
    }
  }
}

template struct Hadamard<float>;
template struct Hadamard<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
