// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/normal_equations.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_blocks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "core/archive_entries.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "feature_map/saved_map.hpp"
#include "linalg/lower_tiles.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Index kBlock = simd::kFoldRows;
/// Blocks that are mapped, then folded, together: each tile of the sums is fetched once for all.
constexpr Index kBlocksAtOnce = 4;
/// Columns of a tile of the sums.
constexpr Index kTile = 256;
constexpr Door kNormalEquations("NormalEquations");
constexpr Door kAdd("NormalEquations::add");
constexpr Door kLoad("NormalEquations::load");
constexpr Door kScale("NormalEquations::scale");
/// The least weight of all rows that is kept: quotients of sums are in range.
constexpr double kLeastScaledWeight = 1e-200;

double offset_of(const NormalEquationsOptions& options, Index target) {
  return options.target_offset.empty() ? 0.0
                                       : options.target_offset[static_cast<std::size_t>(target)];
}

/// sums += z^T z, in blocks of `kBlock` rows.
void fold(const Matrix<double>& z, Index rows, Index columns, Matrix<double>& sums,
          const Execution& execution) {
  const simd::Kernels<double>& engine = simd::kernels<double>();
  const Index tiles = (columns + kTile - 1) / kTile;
  parallel_for_blocks(linalg::lower_tiles(tiles), execution, [&](Index tile, int) {
    const linalg::TilePosition at = linalg::lower_tile(tile);
    const Index i = at.row * kTile;
    const Index j = at.column * kTile;
    double* const target = sums.row(i) + j;
    if (i == j) {
      engine.rank_update(z.data() + i, z.cols(), rows, std::min(kTile, columns - i), target,
                         sums.cols());
    } else {
      engine.cross_update(z.data() + i, z.cols(), std::min(kTile, columns - i), z.data() + j,
                          z.cols(), std::min(kTile, columns - j), rows, target, sums.cols());
    }
  });
}

/// Rows `at ..` of z become sqrt(w) [phi(x), y - offset, 1]; `first_row` is for messages.
template <Scalar T>
void make_rows(regression::FeatureBlocks<T>& blocks, const NormalEquationsOptions& options,
               const TrainingRows<T>& rows, Index first_row, Index features, Matrix<double>& z,
               Index at) {
  blocks.each(kAdd, rows.x, first_row,
              [&](Index first, Index count, const double* phi, std::size_t) {
                for (Index r = 0; r < count; ++r) {
                  const double root = std::sqrt(regression::weight_of(rows, first + r));
                  const double* const row = phi + r * regression::feature_stride(features);
                  double* out = z.row(at + first + r);
                  for (Index j = 0; j < features; ++j) *out++ = root * row[j];
                  for (Index c = 0; c < rows.targets.cols; ++c) {
                    *out++ = root * (rows.targets(first + r, c) - offset_of(options, c));
                  }
                  *out = root;
                }
              });
}

void require_options(const NormalEquationsOptions& options) {
  kNormalEquations.at_least("num_targets", options.num_targets, 1);
  if (options.target_offset.empty()) return;
  kNormalEquations
      .entries("target_offset", static_cast<Index>(options.target_offset.size()),
               options.num_targets, "num_targets, or none")
      .finite("target_offset", options.target_offset);
}

/// Only sums of the same columns can be combined.
template <Scalar T>
void require_same(const Door& door, const NormalEquations<T>& own,
                  const NormalEquations<T>& other) {
  const FeatureMapSpec& expected = own.map().spec();
  if (!(other.map().spec() == expected)) {
    door.refuse("other has the map " + to_text(other.map().spec()) + ", expected " +
                to_text(expected));
  }
  if (!(other.options() == own.options())) {
    door.refuse("other has another number of targets or another target_offset");
  }
}

constexpr std::string_view kEquationsKind = "normal_equations";

/// The shape of the sums confirms the numbers of columns before anything of that size is
/// allocated.
void require_sums(const FeatureMapSpec& spec, const Archive& archive) {
  constexpr Index kMost = Index{1} << 30;
  const Index num_targets = archive.count("num_targets");
  if (num_targets < 1) kLoad.refuse("'num_targets' is 0, expected at least 1");
  const Index features = num_features(spec);
  if (num_targets > kMost || features > kMost) kLoad.refuse("the map is too large");
  const Index n = features + num_targets + 1;
  archive.array<double>("sums", 1, n * (n + 1) / 2);
}

}  // namespace

template <Scalar T>
NormalEquations<T>::NormalEquations(FeatureMap<T> map, NormalEquationsOptions options)
    : map_(std::move(map)), options_(std::move(options)) {
  require_options(options_);
  sums_ = Matrix<double>(num_columns(), simd::padded<double>(num_columns()));
  pending_ = Matrix<double>(kBlock, sums_.cols());
}

template <Scalar T>
void NormalEquations<T>::add(const TrainingRows<T>& rows, const Execution& execution) {
  regression::require_rows(kAdd, rows, map_.input_dim(), num_targets());
  regression::require_distances(kAdd, rows, options_.target_offset);
  const Index n = rows.x.rows;
  const Index whole = (num_pending_ + n) / kBlock;
  if (execution.poll && whole > 0) {
    // What the poll throws must not leave half of the rows here.
    NormalEquations next = *this;
    next.add_checked(rows, whole, execution);
    *this = std::move(next);
  } else {
    add_checked(rows, whole, execution);
  }
}

template <Scalar T>
void NormalEquations<T>::add_checked(const TrainingRows<T>& rows, Index whole,
                                     const Execution& execution) {
  const Index n = rows.x.rows;
  const Index capacity = std::min(kBlocksAtOnce, whole) * kBlock;
  regression::FeatureBlocks<T> blocks(map_, std::min(n, std::max(capacity, kBlock)), execution);
  if (whole == 0) {
    make_rows(blocks, options_, rows, 0, num_features(), pending_, num_pending_);
    num_pending_ += n;
  } else {
    Matrix<double> z(capacity, pending_.cols());
    // One piece is mapped before it is folded; where there are more, all are mapped once to see
    // that every row has features.
    if (num_pending_ + n > capacity) {
      for (Index first = 0; first < n; first += capacity) {
        blocks.each(kAdd, rows.x.middle_rows(first, std::min(capacity, n - first)), first,
                    [](Index, Index, const double*, std::size_t) {});
      }
    }
    std::copy_n(pending_.data(), num_pending_ * pending_.cols(), z.data());
    Index used = num_pending_;
    for (Index done = 0; done < n;) {
      const Index fresh = std::min(n - done, capacity - used);
      make_rows(blocks, options_, rows.middle_rows(done, fresh), done, num_features(), z, used);
      done += fresh;
      used += fresh;
      const Index folded = used / kBlock * kBlock;
      fold(z, folded, num_columns(), sums_, execution);
      used -= folded;
      std::copy_n(z.row(folded), used * z.cols(), pending_.data());
    }
    num_pending_ = used;
  }
  count(rows);
}

template <Scalar T>
void NormalEquations<T>::count(const TrainingRows<T>& rows) noexcept {
  if (rows.weights.empty()) {
    num_rows_ += rows.x.rows;
    return;
  }
  for (const T weight : rows.weights) {
    if (weight == T{0}) continue;
    ++num_rows_;
    log_weights_ += std::log(static_cast<double>(weight));
  }
}

template <Scalar T>
Matrix<double> NormalEquations<T>::moments(const Execution& execution) const {
  Matrix<double> total = sums_;
  if (num_pending_ > 0) fold(pending_, num_pending_, num_columns(), total, execution);
  return total;
}

template <Scalar T>
void NormalEquations<T>::add_moments(const Matrix<double>& moments, double sign) noexcept {
  for (Index i = 0; i < num_columns(); ++i) {
    for (Index j = 0; j <= i; ++j) sums_(i, j) += sign * moments(i, j);
  }
}

template <Scalar T>
void NormalEquations<T>::merge(const NormalEquations& other, const Execution& execution) {
  require_same(Door("NormalEquations::merge"), *this, other);
  const Matrix<double> theirs = other.moments(execution);
  if (num_pending_ > 0) sums_ = moments(execution);
  add_moments(theirs, 1.0);
  num_rows_ += other.num_rows_;
  log_weights_ += other.log_weights_;
  num_pending_ = 0;
}

template <Scalar T>
void NormalEquations<T>::subtract(const NormalEquations& other, const Execution& execution) {
  constexpr Door kDoor("NormalEquations::subtract");
  require_same(kDoor, *this, other);
  if (other.num_rows_ > num_rows_) {
    kDoor.refuse("other has " + std::to_string(other.num_rows_) + " rows, this only " +
                 std::to_string(num_rows_));
  }
  const Matrix<double> theirs = other.moments(execution);
  if (num_pending_ > 0) sums_ = moments(execution);
  add_moments(theirs, -1.0);
  num_rows_ -= other.num_rows_;
  log_weights_ -= other.log_weights_;
  num_pending_ = 0;
}

template <Scalar T>
void NormalEquations<T>::scale(double factor) {
  if (!(factor > 0.0 && factor <= 1.0)) {
    kScale.refuse("factor", text::number(factor), "above 0 and at most 1");
  }
  const Index ones = num_columns() - 1;
  double weight = sums_(ones, ones);
  for (Index r = 0; r < num_pending_; ++r) weight += pending_(r, ones) * pending_(r, ones);
  if (weight > 0.0 && factor * weight < kLeastScaledWeight) {
    kScale.refuse("the weight of all rows, " + text::number(weight) +
                  ", would vanish below the range of double; start anew");
  }
  for (Index e = 0; e < sums_.size(); ++e) sums_.data()[e] *= factor;
  const double root = std::sqrt(factor);
  for (Index e = 0; e < num_pending_ * pending_.cols(); ++e) pending_.data()[e] *= root;
  log_weights_ += static_cast<double>(num_rows_) * std::log(factor);
}

template <Scalar T>
Archive NormalEquations<T>::save() const {
  Archive archive;
  archive.metadata = {{"kind", std::string(kEquationsKind)},
                      {"num_targets", std::to_string(num_targets())},
                      {"num_rows", std::to_string(num_rows_)},
                      {"num_pending", std::to_string(num_pending_)},
                      {"log_weights", text::number(log_weights_)}};
  feature_map::save_map(map_, archive);
  Matrix<double> offset(1, num_targets());
  std::copy(options_.target_offset.begin(), options_.target_offset.end(), offset.data());
  archive.metadata["offset"] = options_.target_offset.empty() ? "none" : "given";
  // The lower triangle, row by row.
  Matrix<double> sums(1, num_columns() * (num_columns() + 1) / 2);
  double* out = sums.data();
  for (Index i = 0; i < num_columns(); ++i) out = std::copy_n(sums_.row(i), i + 1, out);
  Matrix<double> pending(num_pending_, num_columns());
  for (Index r = 0; r < num_pending_; ++r) {
    std::copy_n(pending_.row(r), num_columns(), pending.row(r));
  }
  archive.arrays.emplace("target_offset", std::move(offset));
  archive.arrays.emplace("sums", std::move(sums));
  archive.arrays.emplace("pending_rows", std::move(pending));
  require_finite(archive);
  return archive;
}

template <Scalar T>
NormalEquations<T> NormalEquations<T>::load(const Archive& archive) {
  require_kind(kLoad, archive, kEquationsKind);
  return restored(feature_map::load_map<T>(
                      archive, [&](const FeatureMapSpec& spec) { require_sums(spec, archive); }),
                  archive);
}

template <Scalar T>
NormalEquations<T> NormalEquations<T>::load(const FeatureMap<T>& map, const Archive& archive) {
  require_kind(kLoad, archive, kEquationsKind);
  feature_map::require_map(kLoad, map, archive);
  require_sums(map.spec(), archive);
  return restored(map, archive);
}

/// The sums' shape, and with it that of the map, having been confirmed.
template <Scalar T>
NormalEquations<T> NormalEquations<T>::restored(const FeatureMap<T>& map, const Archive& archive) {
  NormalEquationsOptions options{.num_targets = archive.count("num_targets"), .target_offset = {}};
  const Index n = map.num_features() + options.num_targets + 1;
  const auto& offset = archive.array<double>("target_offset", 1, options.num_targets);
  if (archive.word("offset") == "given") {
    options.target_offset.assign(offset.data(), offset.data() + options.num_targets);
  } else if (archive.word("offset") != "none") {
    kLoad.refuse("'offset' is '" + archive.word("offset") + "'");
  }
  const Index num_pending = archive.count("num_pending");
  if (num_pending >= kBlock) {
    kLoad.refuse(std::to_string(num_pending) + " rows wait, expected fewer than " +
                 std::to_string(kBlock));
  }
  const auto& pending = archive.array<double>("pending_rows", num_pending, n);
  for (Index r = 0; r < num_pending; ++r) {
    if (!(pending(r, n - 1) >= 0.0)) kLoad.refuse("a weight is negative");
  }
  NormalEquations state(map, std::move(options));
  state.num_rows_ = archive.count("num_rows");
  state.log_weights_ = archive.number("log_weights");
  const double* in = archive.array<double>("sums", 1, n * (n + 1) / 2).data();
  for (Index i = 0; i < n; ++i) {
    std::copy_n(in, i + 1, state.sums_.row(i));
    in += i + 1;
  }
  state.num_pending_ = num_pending;
  for (Index r = 0; r < num_pending; ++r) std::copy_n(pending.row(r), n, state.pending_.row(r));
  return state;
}

template class NormalEquations<float>;
template class NormalEquations<double>;

}  // namespace bochner
