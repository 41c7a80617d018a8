// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"

#include <cstdint>
#include <map>
#include <vector>

/// \file
/// Rows drawn at random from a stream of them.

namespace bochner::pipeline {

/// A uniform sample without replacement of the rows of a stream, in one pass: those with the
/// smallest keys, the key of a row being 64 random bits of (seed, number of the row). So it depends
/// on nothing else, and no period of the rows can hide from it or fill it. Rows may belong to
/// strata, such as classes: of each, `kLeast` rows are kept in any case, or all it has; where these
/// would be more than `most` of all strata together, fewer of each, but not less than `kFewest`.
class UniformSample {
 public:
  static constexpr Index kLeast = 10;
  static constexpr Index kFewest = 2;

  /// At most `most` >= 1 rows of `cols` numbers, and those that strata are due: as many again, or
  /// `kFewest` of each.
  UniformSample(Index cols, Index most, Seed seed);

  /// The next row of the stream. O(log most) and, if it is kept, its copy.
  void offer(const double* row);
  void offer(const double* row, Index stratum);

  /// Rows offered so far.
  Index offered() const noexcept { return offered_; }
  /// The sample, in the order of the stream.
  Matrix<double> rows() const;

 private:
  struct Entry {
    std::uint64_t key;
    Index number;  ///< of the row in the stream
    Index slot;    ///< of its values
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.key != b.key ? a.key < b.key : a.number < b.number;
    }
  };
  /// The rows with the smallest keys.
  struct Reservoir {
    Index most;
    std::vector<Entry> heap{};  ///< the largest key first
    std::vector<double> values{};

    void offer(Entry entry, const double* row, Index cols);
    /// What would be kept if there were room for `count` rows from the first on.
    void shrink(Index count, Index cols);
  };

  Index cols_;
  Stream keys_;
  Index offered_ = 0;
  Reservoir all_;
  Index due_ = kLeast;  ///< to every stratum
  std::map<Index, Reservoir> strata_;
};

/// A sample of rows that are held.
Matrix<double> drawn_rows(MatrixView<const double> rows, Index most, Seed seed);
/// Likewise, the numbers in column `strata` being those of strata.
Matrix<double> drawn_rows(MatrixView<const double> rows, Index most, Seed seed, Index strata);

}  // namespace bochner::pipeline
