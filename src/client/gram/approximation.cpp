// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/approximation.hpp"

#include "client/gram/checks.hpp"
#include "client/gram/feature_products.hpp"
#include "client/gram/tile_walk.hpp"

#include <cmath>
#include <numeric>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kApproximation("GramApproximation");

template <Scalar T>
const FeatureMap<T>& checked(const FeatureMap<T>& map, MatrixView<const T> x,
                             const GramStorage& storage) {
  kApproximation.columns("x", x, map.input_dim(), "the map's input_dim")
      .at_least("the number of rows of x", x.rows, 1)
      .at_least("memory", storage.memory, 0);
  if (!map.spec().transform.is_symmetric()) {
    kApproximation.refuse(
        "the map's transform treats queries and keys differently, expected equal shifts and no "
        "matrix (a Gram matrix of one set of rows is symmetric)");
  }
  return map;
}

template <Scalar T>
MatrixView<const T> checked(MatrixView<const T> factor) {
  kApproximation.at_least("the number of rows of the factor", factor.rows, 1)
      .at_least("the number of columns of the factor", factor.cols, 1)
      .finite("factor", factor);
  return factor;
}

}  // namespace

template <Scalar T>
GramApproximation<T>::GramApproximation(const FeatureMap<T>& map, MatrixView<const T> x,
                                        const GramStorage& storage, const Execution& execution)
    : features_(std::make_shared<const FeatureSource<T>>(checked(map, x, storage), x,
                                                         storage.memory, execution)) {}

template <Scalar T>
GramApproximation<T>::GramApproximation(MatrixView<const T> factor)
    : features_(std::make_shared<const FeatureSource<T>>(checked(factor))) {}

template <Scalar T>
Index GramApproximation<T>::size() const noexcept {
  return features_->size();
}

template <Scalar T>
Index GramApproximation<T>::num_features() const noexcept {
  return features_->num_features();
}

template <Scalar T>
bool GramApproximation<T>::stored() const noexcept {
  return features_->stored();
}

template <Scalar T>
Index GramApproximation<T>::bytes() const noexcept {
  return features_->bytes();
}

template <Scalar T>
void GramApproximation<T>::multiply(MatrixView<const double> b, MatrixView<double> out,
                                    const Execution& execution) const {
  constexpr Door kDoor("GramApproximation::multiply");
  kDoor.rows("b", b, size(), "rows of the matrix")
      .shape("out", out, size(), b.cols, "rows of the matrix, columns of b")
      .finite("b", b);
  product(kDoor, *features_, transposed_product(*features_, b, execution), out, execution);
}

template <Scalar T>
void GramApproximation<T>::multiply(std::span<const double> b, std::span<double> out,
                                    const Execution& execution) const {
  multiply(column_of(b), column_of(out), execution);
}

template <Scalar T>
double GramApproximation<T>::entry(Index i, Index j) const {
  constexpr Door kDoor("GramApproximation::entry");
  kDoor.row("i", i, size()).row("j", j, size());
  typename FeatureSource<T>::Workspace workspace(*features_);
  const Index which[] = {i, j};
  const typename FeatureSource<T>::Block rows = features_->gather(which, workspace);
  return finite_entry(kDoor, inner_product(rows.phi, rows.phi + features_->ld(), num_features()),
                      std::int64_t{rows.exponent[0]} + std::int64_t{rows.exponent[1]}, i, j);
}

template <Scalar T>
std::vector<double> GramApproximation<T>::diagonal(const Execution& execution) const {
  constexpr Door kDoor("GramApproximation::diagonal");
  std::vector<double> values(static_cast<std::size_t>(size()));
  const Index blocks = row_blocks(size());
  auto workspaces = features_->workspaces(blocks, execution);
  parallel_for_blocks(blocks, execution, [&](Index index, int worker) {
    const auto block = features_->block(index, workspaces[static_cast<std::size_t>(worker)]);
    for (Index r = 0; r < block.rows; ++r) {
      const T* const phi = block.phi + r * features_->ld();
      const Index i = block.first + r;
      values[static_cast<std::size_t>(i)] =
          finite_entry(kDoor, inner_product(phi, phi, num_features()),
                       2 * std::int64_t{block.exponent[r]}, i, i);
    }
  });
  return values;
}

template <Scalar T>
double GramApproximation<T>::trace(const Execution& execution) const {
  const std::vector<double> values = diagonal(execution);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

template <Scalar T>
void GramApproximation<T>::rows(std::span<const Index> which, MatrixView<double> out,
                                const Execution& execution) const {
  constexpr Door kDoor("GramApproximation::rows");
  const Index n = size();
  kDoor.shape("out", out, static_cast<Index>(which.size()), n,
              "one row per index, rows of the matrix");
  for (const Index i : which) kDoor.row("which", i, n);
  typename FeatureSource<T>::Workspace gathering(*features_);
  Matrix<T> packed(num_features(), simd::kBlockRows);
  const Index blocks = row_blocks(n);
  auto workspaces = features_->workspaces(blocks, execution);
  std::vector<Matrix<T>> products(workspaces.size(), Matrix<T>(simd::kBlockRows, simd::kBlockRows));
  for (std::size_t first = 0; first < which.size(); first += simd::kBlockRows) {
    const auto some = which.subspan(
        first, std::min(which.size() - first, static_cast<std::size_t>(simd::kBlockRows)));
    const auto chosen = features_->gather(some, gathering);
    simd::pack_columns<T>(
        MatrixView<const T>(chosen.phi, num_features(), chosen.rows, 1, features_->ld()),
        packed.data());
    parallel_for_blocks(blocks, execution, [&](Index index, int worker) {
      const auto w = static_cast<std::size_t>(worker);
      const auto block = features_->block(index, workspaces[w]);
      simd::kernels<T>().project(block.phi, features_->ld(), block.rows, packed.data(),
                                 num_features(), chosen.rows, products[w].data(), simd::kBlockRows);
      for (Index r = 0; r < block.rows; ++r) {
        for (Index c = 0; c < chosen.rows; ++c) {
          out(static_cast<Index>(first) + c, block.first + r) =
              finite_entry(kDoor, static_cast<double>(products[w](r, c)),
                           std::int64_t{block.exponent[r]} + std::int64_t{chosen.exponent[c]},
                           some[static_cast<std::size_t>(c)], block.first + r);
        }
      }
    });
  }
}

template <Scalar T>
Matrix<double> GramApproximation<T>::to_dense(const Execution& execution) const {
  Matrix<double> dense(size(), size());
  std::vector<Index> all(static_cast<std::size_t>(size()));
  std::iota(all.begin(), all.end(), Index{0});
  rows(all, dense, execution);
  return dense;
}

template class GramApproximation<float>;
template class GramApproximation<double>;

}  // namespace bochner
