// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/engine.hpp"
#include "support/guarded_array.hpp"

#include <cstdint>
#include <limits>
#include <random>

/// \file
/// Blocks in the engine's layout that end where memory does.

namespace bochner::simd::test {

/// A block in the engine's layout that ends with the padding of its last row. What is padding, or
/// lies between rows, is NaN at first.
template <Scalar T>
class Block {
 public:
  Block(Index rows, Index cols, Index extra_panels = 0)
      : rows_(rows),
        cols_(cols),
        ld_(padded<T>(cols) + extra_panels * kPanel<T>),
        array_(rows == 0 ? 0 : (rows - 1) * ld_ + padded<T>(cols)) {
    for (Index i = 0; i < array_.size(); ++i) array_[i] = std::numeric_limits<T>::quiet_NaN();
  }
  /// With elements drawn from `draw()`.
  template <class Draw>
  Block(Index rows, Index cols, Index extra_panels, Draw draw) : Block(rows, cols, extra_panels) {
    for (Index r = 0; r < rows; ++r) {
      for (Index j = 0; j < cols; ++j) (*this)(r, j) = static_cast<T>(draw());
    }
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index ld() const { return ld_; }
  T* data() { return array_.data(); }
  const T* data() const { return array_.data(); }
  T& operator()(Index r, Index j) { return array_[r * ld_ + j]; }
  const T& operator()(Index r, Index j) const { return array_[r * ld_ + j]; }

  void copy_from(const Block& other) {
    for (Index r = 0; r < rows_; ++r) {
      for (Index j = 0; j < cols_; ++j) (*this)(r, j) = other(r, j);
    }
  }

  /// Whether everything between the padding of a row and the next row is still NaN.
  bool gaps_untouched() const {
    for (Index r = 0; r + 1 < rows_; ++r) {
      for (Index j = padded<T>(cols_); j < ld_; ++j) {
        if ((*this)(r, j) == (*this)(r, j)) return false;
      }
    }
    return true;
  }

 private:
  Index rows_;
  Index cols_;
  Index ld_;
  bochner::test::GuardedArray<T> array_;
};

/// Numbers of order one.
class Normals {
 public:
  explicit Normals(std::uint64_t seed) : engine_(seed) {}
  double operator()() { return distribution_(engine_); }

 private:
  std::mt19937_64 engine_;
  std::normal_distribution<double> distribution_;
};

/// Integers so small that every sum of their products is exact in float.
class SmallIntegers {
 public:
  explicit SmallIntegers(std::uint64_t seed) : engine_(seed) {}
  double operator()() { return distribution_(engine_); }

 private:
  std::mt19937_64 engine_;
  std::uniform_int_distribution<int> distribution_{-4, 4};
};

}  // namespace bochner::simd::test
