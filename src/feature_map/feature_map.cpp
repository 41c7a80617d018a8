// SPDX-License-Identifier: Apache-2.0
#include "bochner/feature_map.hpp"

#include "core/door.hpp"
#include "core/parallel.hpp"
#include "feature_map/block.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bochner {
namespace {

/// Whether the engine may write straight into the caller's rows, wherever they start: kernels load
/// and store without alignment.
template <Scalar T>
bool fits_engine(const MatrixView<T>& phi) {
  return phi.col_stride == 1 && phi.row_stride == simd::padded<T>(phi.cols) &&
         phi.row_stride == phi.cols;
}

/// Where x is finite and the gradient is not, it is dphi's fault, or overflow.
template <Scalar T>
void require_finite_gradient(const Door& door, MatrixView<const T> dphi, MatrixView<const T> dx) {
  for (Index r = 0; r < dx.rows; ++r) {
    for (Index k = 0; k < dx.cols; ++k) {
      if (std::isfinite(dx(r, k))) continue;
      door.finite("dphi", dphi);
      door.refuse("dx: row " + std::to_string(r) + ", column " + std::to_string(k) +
                  " overflows; scale dphi down");
    }
  }
}

}  // namespace

std::shared_ptr<const BlockMap<float>> feature_map::rounded(const BlockMap<double>& wide) {
  return std::make_shared<const BlockMap<float>>(wide);
}

template <Scalar T>
FeatureMap<T>::FeatureMap(const FeatureMapSpec& spec)
    : blocks_(std::make_shared<const BlockMap<T>>(spec)) {}

template <Scalar T>
const FeatureMapSpec& FeatureMap<T>::spec() const noexcept {
  return blocks_->spec();
}

template <Scalar T>
Index FeatureMap<T>::input_dim() const noexcept {
  return blocks_->input_dim();
}

template <Scalar T>
Index FeatureMap<T>::num_features() const noexcept {
  return blocks_->num_features();
}

template <Scalar T>
Matrix<double> FeatureMap<T>::frequencies(Side side) const {
  return blocks_->frequencies(side);
}

template <Scalar T>
const BlockMap<T>& FeatureMap<T>::blocks() const noexcept {
  return *blocks_;
}

namespace {

/// What one worker needs: scratch space, and a block of features for callers' layouts.
template <Scalar T>
struct Worker {
  feature_map::BlockWorkspace<T> workspace;
  Matrix<T> phi;
};

/// Runs body(first_row, count, worker) over blocks of rows; the body's block form having run,
/// refuses rows it could not represent.
template <Scalar T, class Body>
void for_row_blocks(const Door& door, const BlockMap<T>& map, MatrixView<const T> x,
                    const Execution& execution, const Body& body) {
  const Index blocks = (x.rows + simd::kBlockRows - 1) / simd::kBlockRows;
  std::vector<Worker<T>> workers;
  const int count = worker_count(blocks, execution);
  workers.reserve(static_cast<std::size_t>(count));
  const Index rows_at_once = std::min(simd::kBlockRows, x.rows);
  for (int w = 0; w < count; ++w) {
    workers.push_back(
        {feature_map::BlockWorkspace<T>(map, rows_at_once), Matrix<T>(rows_at_once, map.ld())});
  }
  parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
    Worker<T>& mine = workers[static_cast<std::size_t>(worker)];
    const Index first = block * simd::kBlockRows;
    const MatrixView<const T> rows =
        x.middle_rows(first, std::min(simd::kBlockRows, x.rows - first));
    body(first, rows, mine);
    if (const auto reason = BlockMap<T>::refusal(rows, first, mine.workspace)) {
      door.refuse("x: " + *reason);
    }
  });
}

template <class From, class T>
void copy(const MatrixView<From>& from, const MatrixView<T>& to) {
  for (Index r = 0; r < from.rows; ++r) {
    for (Index j = 0; j < from.cols; ++j) to(r, j) = from(r, j);
  }
}

}  // namespace

template <Scalar T>
void FeatureMap<T>::apply(Side side, MatrixView<const T> x, FeatureBlock<T> out,
                          const Execution& execution) const {
  constexpr Door kDoor("FeatureMap::apply");
  kDoor.at_least("the number of rows of x", x.rows, 0)
      .columns("x", x, input_dim(), "input_dim")
      .columns("phi", out.phi, num_features(), "num_features")
      .rows("phi", out.phi, x.rows, "those of x")
      .entries("exponent", static_cast<Index>(out.exponent.size()), x.rows, "the rows of x")
      .apart("phi", memory_grid(out.phi), "the input x", memory_grid(x));
  const bool direct = fits_engine(out.phi);
  for_row_blocks<T>(
      kDoor, *blocks_, x, execution, [&](Index first, MatrixView<const T> rows, Worker<T>& worker) {
        std::int32_t* const exponent = out.exponent.data() + first;
        T* const phi = direct ? out.phi.row(first) : worker.phi.data();
        blocks_->features(side, rows, phi, exponent, worker.workspace);
        if (!direct) {
          copy(worker.phi.view().middle_rows(0, rows.rows).middle_cols(0, out.phi.cols),
               out.phi.middle_rows(first, rows.rows));
        }
      });
}

template <Scalar T>
void FeatureMap<T>::pullback(Side side, MatrixView<const T> x, MatrixView<const T> dphi,
                             MatrixView<T> dx, const Execution& execution) const {
  constexpr Door kDoor("FeatureMap::pullback");
  kDoor.at_least("the number of rows of x", x.rows, 0)
      .columns("x", x, input_dim(), "input_dim")
      .columns("dphi", dphi, num_features(), "num_features")
      .columns("dx", dx, input_dim(), "input_dim")
      .rows("dphi", dphi, x.rows, "those of x")
      .rows("dx", dx, x.rows, "those of x")
      .apart("dx", memory_grid(dx), "the input x", memory_grid(x))
      .apart("dx", memory_grid(dx), "dphi", memory_grid(dphi));
  for_row_blocks<T>(kDoor, *blocks_, x, execution,
                    [&](Index first, MatrixView<const T> rows, Worker<T>& worker) {
                      copy(dphi.middle_rows(first, rows.rows),
                           worker.phi.view().middle_rows(0, rows.rows).middle_cols(0, dphi.cols));
                      blocks_->pull_features(side, rows, worker.phi.data(),
                                             dx.middle_rows(first, rows.rows), worker.workspace);
                    });
  require_finite_gradient<T>(kDoor, dphi, dx);
}

namespace {

/// row * 2^exponent, rounded once. False when an entry is not finite then.
template <Scalar T>
bool scale_row(MatrixView<T> row, std::int32_t exponent) {
  // A power of two in the range of normal numbers is a factor; std::ldexp costs ten times as much.
  constexpr std::int32_t kLargest = std::numeric_limits<T>::max_exponent - 1;
  const bool is_factor = exponent <= kLargest && exponent > -kLargest;
  const T factor = is_factor ? std::ldexp(T{1}, exponent) : T{0};
  bool finite = true;
  for (Index j = 0; j < row.cols; ++j) {
    T& entry = row(0, j);
    entry = is_factor ? entry * factor : std::ldexp(entry, exponent);
    finite = finite && std::isfinite(entry);
  }
  return finite;
}

}  // namespace

template <Scalar T>
void features(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<T> out, Side side,
              const Execution& execution) {
  constexpr Door kDoor("features");
  std::vector<std::int32_t> exponents(static_cast<std::size_t>(std::max<Index>(x.rows, 0)));
  map.apply(side, x, {out, exponents}, execution);
  const Index blocks = (x.rows + simd::kBlockRows - 1) / simd::kBlockRows;
  parallel_for_blocks(blocks, execution, [&](Index block, int /*worker*/) {
    const Index first = block * simd::kBlockRows;
    for (Index i = first; i < std::min(first + simd::kBlockRows, x.rows); ++i) {
      const std::int32_t exponent = exponents[static_cast<std::size_t>(i)];
      if (exponent == 0 || scale_row(out.middle_rows(i, 1), exponent)) continue;
      kDoor.refuse("x: the features of row " + std::to_string(i) +
                   " leave the range of the scalar; FeatureMap::apply keeps their exponent apart");
    }
  });
}

template <Scalar T>
Matrix<T> features(const FeatureMap<T>& map, ViewOf<const T> x, Side side,
                   const Execution& execution) {
  Matrix<T> phi(x.rows, map.num_features());
  features(map, x, phi.view(), side, execution);
  return phi;
}

template Matrix<float> features(const FeatureMap<float>&, MatrixView<const float>, Side,
                                const Execution&);
template Matrix<double> features(const FeatureMap<double>&, MatrixView<const double>, Side,
                                 const Execution&);
template void features(const FeatureMap<float>&, MatrixView<const float>, MatrixView<float>, Side,
                       const Execution&);
template void features(const FeatureMap<double>&, MatrixView<const double>, MatrixView<double>,
                       Side, const Execution&);

template class FeatureMap<float>;
template class FeatureMap<double>;

}  // namespace bochner
