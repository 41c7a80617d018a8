// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/normal_equations.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_rows.hpp"
#include "client/regression/saved_map.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "linalg/lower_tiles.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Index kBlock = simd::kFoldRows;
/// Blocks that are mapped, then folded, together: a tile of the sums is fetched once for all.
constexpr Index kBlocksAtOnce = 4;
/// Columns of a tile of the sums.
constexpr Index kTile = 256;

/// sums += z^T z, in blocks of `kBlock` rows.
template <Scalar T>
void fold(const Matrix<T>& z, Index rows, Index columns, Matrix<double>& sums,
          const Execution& execution) {
  const simd::Kernels<T>& engine = simd::kernels<T>();
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

/// Rows sqrt(w) [phi(x), y - offset, 1], made 64 at a time.
template <Scalar T>
class WeightedRows {
 public:
  WeightedRows(const BlockMap<T>& map, const NormalEquationsOptions& options, Index capacity,
               const Execution& execution)
      : map_(map),
        offset_(options.target_offset.begin(), options.target_offset.end()),
        execution_(execution),
        z_(capacity, simd::padded<T>(map.num_features() + options.num_targets + 1)) {
    offset_.resize(static_cast<std::size_t>(options.num_targets));
    for (int w = 0; w < worker_count(capacity / simd::kBlockRows + 1, execution); ++w) {
      workers_.push_back({FeatureRows<T>(map), Matrix<T>(simd::kBlockRows, map.ld())});
    }
  }

  /// Rows `at .. at + rows.x.rows - 1` of z; `first_row` is for messages.
  void fill(Index at, const TrainingRows<T>& rows, Index first_row) {
    const Index blocks = (rows.x.rows + simd::kBlockRows - 1) / simd::kBlockRows;
    parallel_for_blocks(blocks, execution_, [&](Index block, int worker) {
      Worker& mine = workers_[static_cast<std::size_t>(worker)];
      const Index first = block * simd::kBlockRows;
      const TrainingRows<T> part =
          rows.middle_rows(first, std::min(simd::kBlockRows, rows.x.rows - first));
      mine.features.compute("NormalEquations::add", part.x, first_row + first, mine.phi.data());
      for (Index r = 0; r < part.x.rows; ++r) {
        const T root =
            part.weights.empty() ? T{1} : std::sqrt(part.weights[static_cast<std::size_t>(r)]);
        T* out = z_.row(at + first + r);
        const T* const phi = mine.phi.row(r);
        for (Index j = 0; j < map_.num_features(); ++j) *out++ = root * phi[j];
        for (Index c = 0; c < part.targets.cols; ++c) {
          const double centred =
              static_cast<double>(part.targets(r, c)) - offset_[static_cast<std::size_t>(c)];
          *out++ = root * static_cast<T>(centred);
        }
        *out = root;
      }
    });
  }

  const Matrix<T>& z() const { return z_; }

 private:
  struct Worker {
    regression::FeatureRows<T> features;
    Matrix<T> phi;
  };
  template <Scalar U>
  using FeatureRows = regression::FeatureRows<U>;

  const BlockMap<T>& map_;
  std::vector<double> offset_;
  const Execution& execution_;
  Matrix<T> z_;
  std::vector<Worker> workers_;
};

template <Scalar T>
TrainingRows<T> rows_of(const Matrix<T>& packed, Index count, Index dim, Index num_targets,
                        std::vector<T>& weights) {
  const MatrixView<const T> all = packed.view().middle_rows(0, count);
  weights.resize(static_cast<std::size_t>(count));
  for (Index r = 0; r < count; ++r) {
    weights[static_cast<std::size_t>(r)] = packed(r, dim + num_targets);
  }
  return {all.middle_cols(0, dim), all.middle_cols(dim, num_targets), weights};
}

void check_options(const NormalEquationsOptions& options) {
  if (options.num_targets < 1) {
    throw InvalidArgument("NormalEquations: num_targets is " + std::to_string(options.num_targets) +
                          ", expected at least 1");
  }
  if (!options.target_offset.empty() &&
      static_cast<Index>(options.target_offset.size()) != options.num_targets) {
    throw InvalidArgument("NormalEquations: target_offset has " +
                          std::to_string(options.target_offset.size()) + " entries, expected " +
                          std::to_string(options.num_targets) + " (num_targets) or none");
  }
  for (const double offset : options.target_offset) {
    if (!std::isfinite(offset)) {
      throw InvalidArgument("NormalEquations: target_offset holds " + text::number(offset));
    }
  }
}

constexpr std::string_view kKind = "normal_equations";

}  // namespace

template <Scalar T>
NormalEquations<T>::NormalEquations(FeatureMap<T> map, NormalEquationsOptions options)
    : map_(std::move(map)), options_(std::move(options)) {
  check_options(options_);
  sums_ = Matrix<double>(num_columns(), simd::padded<double>(num_columns()));
  pending_ = Matrix<T>(kBlock, map_.input_dim() + options_.num_targets + 1);
}

template <Scalar T>
void NormalEquations<T>::add(const TrainingRows<T>& rows, const Execution& execution) {
  regression::check_rows("NormalEquations::add", rows, map_.input_dim(), num_targets());
  const Index n = rows.x.rows;
  const Index dim = map_.input_dim();

  Index done = 0;
  if (num_pending_ + n >= kBlock) {
    const Index blocks = std::min(kBlocksAtOnce, (num_pending_ + n) / kBlock);
    WeightedRows<T> weighted(map_.blocks(), options_, blocks * kBlock, execution);
    while (num_pending_ + n - done >= kBlock) {
      const Index count = std::min(blocks, (num_pending_ + n - done) / kBlock) * kBlock;
      std::vector<T> weights;
      weighted.fill(0, rows_of(pending_, num_pending_, dim, num_targets(), weights), 0);
      const Index fresh = count - num_pending_;
      weighted.fill(num_pending_, rows.middle_rows(done, fresh), done);
      fold(weighted.z(), count, num_columns(), sums_, execution);
      num_pending_ = 0;
      done += fresh;
    }
  }
  for (; done < n; ++done) {
    T* out = pending_.row(num_pending_++);
    for (Index k = 0; k < dim; ++k) *out++ = rows.x(done, k);
    for (Index c = 0; c < num_targets(); ++c) *out++ = rows.targets(done, c);
    *out = rows.weights.empty() ? T{1} : rows.weights[static_cast<std::size_t>(done)];
  }
  if (rows.weights.empty()) {
    num_rows_ += n;
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
  if (num_pending_ == 0) return total;
  WeightedRows<T> weighted(map_.blocks(), options_, num_pending_, execution);
  std::vector<T> weights;
  weighted.fill(0, rows_of(pending_, num_pending_, map_.input_dim(), num_targets(), weights), 0);
  fold(weighted.z(), num_pending_, num_columns(), total, execution);
  return total;
}

template <Scalar T>
void NormalEquations<T>::require_same(const char* function, const NormalEquations& other) const {
  if (!(map_.spec() == other.map_.spec())) {
    throw InvalidArgument(std::string(function) + ": other has the map " +
                          to_text(other.map_.spec()) + ", expected " + to_text(map_.spec()));
  }
  if (!(options_ == other.options_)) {
    throw InvalidArgument(std::string(function) +
                          ": other has another number of targets or another target_offset");
  }
}

template <Scalar T>
void NormalEquations<T>::add_moments(const Matrix<double>& moments, double sign) {
  for (Index i = 0; i < num_columns(); ++i) {
    for (Index j = 0; j <= i; ++j) sums_(i, j) += sign * moments(i, j);
  }
}

template <Scalar T>
void NormalEquations<T>::merge(const NormalEquations& other, const Execution& execution) {
  require_same("NormalEquations::merge", other);
  const Matrix<double> theirs = other.moments(execution);
  if (num_pending_ > 0) sums_ = moments(execution);
  add_moments(theirs, 1.0);
  num_rows_ += other.num_rows_;
  log_weights_ += other.log_weights_;
  num_pending_ = 0;
}

template <Scalar T>
void NormalEquations<T>::subtract(const NormalEquations& other, const Execution& execution) {
  require_same("NormalEquations::subtract", other);
  if (other.num_rows_ > num_rows_) {
    throw InvalidArgument("NormalEquations::subtract: other has " +
                          std::to_string(other.num_rows_) + " rows, this only " +
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
Archive NormalEquations<T>::save() const {
  Archive archive;
  archive.metadata = {{"kind", std::string(kKind)},
                      {"num_targets", std::to_string(num_targets())},
                      {"num_rows", std::to_string(num_rows_)},
                      {"num_pending", std::to_string(num_pending_)},
                      {"log_weights", text::number(log_weights_)}};
  regression::save_map(map_, archive);
  Matrix<double> offset(1, num_targets());
  std::copy(options_.target_offset.begin(), options_.target_offset.end(), offset.data());
  archive.metadata["offset"] = options_.target_offset.empty() ? "none" : "given";
  // The lower triangle, row by row.
  Matrix<double> sums(1, num_columns() * (num_columns() + 1) / 2);
  double* out = sums.data();
  for (Index i = 0; i < num_columns(); ++i) out = std::copy_n(sums_.row(i), i + 1, out);
  Matrix<T> pending(num_pending_, pending_.cols());
  std::copy_n(pending_.data(), pending.size(), pending.data());
  archive.arrays.emplace("target_offset", std::move(offset));
  archive.arrays.emplace("sums", std::move(sums));
  archive.arrays.emplace("pending", std::move(pending));
  return archive;
}

template <Scalar T>
NormalEquations<T> NormalEquations<T>::load(const Archive& archive) {
  if (archive.word("kind") != kKind) {
    throw InvalidArgument("NormalEquations::load: the archive holds a '" + archive.word("kind") +
                          "'");
  }
  const Index num_targets = archive.count("num_targets");
  const auto refuse = [](const std::string& what) {
    throw InvalidArgument("NormalEquations::load: " + what);
  };
  NormalEquationsOptions options{.num_targets = num_targets, .target_offset = {}};
  const Index num_pending = archive.count("num_pending");
  if (num_pending >= kBlock) {
    refuse(std::to_string(num_pending) + " rows wait, expected fewer than " +
           std::to_string(kBlock));
  }
  Index n = 0;
  const FeatureMap<T> map = regression::load_map<T>(archive, [&](const FeatureMapSpec& spec) {
    // Arrays bear out the numbers before anything of their size is allocated.
    constexpr Index kMost = Index{1} << 30;
    if (num_targets > kMost || bochner::num_features(spec) > kMost) refuse("the map is too large");
    n = bochner::num_features(spec) + num_targets + 1;
    archive.array<double>("sums", 1, n * (n + 1) / 2);
  });
  const auto& sums = archive.array<double>("sums", 1, n * (n + 1) / 2);
  const auto& offset = archive.array<double>("target_offset", 1, num_targets);
  if (archive.word("offset") == "given") {
    options.target_offset.assign(offset.data(), offset.data() + num_targets);
  } else if (archive.word("offset") != "none") {
    refuse("'offset' is '" + archive.word("offset") + "'");
  }
  const Index dim = map.input_dim();
  const auto& pending = archive.array<T>("pending", num_pending, dim + num_targets + 1);
  for (Index r = 0; r < num_pending; ++r) {
    if (!(pending(r, dim + num_targets) >= T{0})) refuse("a weight is negative");
  }
  NormalEquations state(map, std::move(options));
  state.num_rows_ = archive.count("num_rows");
  state.log_weights_ = archive.number("log_weights");
  const double* in = sums.data();
  for (Index i = 0; i < n; ++i) {
    std::copy_n(in, i + 1, state.sums_.row(i));
    in += i + 1;
  }
  state.num_pending_ = num_pending;
  std::copy_n(pending.data(), pending.size(), state.pending_.data());
  return state;
}

template class NormalEquations<float>;
template class NormalEquations<double>;

}  // namespace bochner
