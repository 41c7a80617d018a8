// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/view.hpp>

#include <Eigen/Core>
#include <catch2/catch.hpp>

using bochner::Index;
using bochner::MatrixView;
using bochner::TensorView;

namespace {
double at(MatrixView<const double> view, Index i, Index j) { return view(i, j); }
}  // namespace

TEST_CASE("a view takes every dense Eigen object of either storage order", "[view]") {
  Eigen::MatrixXd column_major = Eigen::MatrixXd::Random(5, 7);
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> row_major =
      column_major;
  const Eigen::Map<const Eigen::MatrixXd, 0, Eigen::Stride<10, 2>> strided(column_major.data(), 2,
                                                                           3);
  for (Index i = 0; i < 5; ++i) {
    for (Index j = 0; j < 7; ++j) {
      CHECK(at(column_major, i, j) == column_major(i, j));
      CHECK(at(row_major, i, j) == column_major(i, j));
    }
  }
  CHECK(at(column_major.block(1, 2, 3, 4), 2, 3) == column_major(3, 5));
  CHECK(at(strided, 1, 2) == strided(1, 2));

  MatrixView<double> writable = column_major;
  writable(4, 6) = 42.0;
  CHECK(column_major(4, 6) == 42.0);
}

TEST_CASE("sub-views address the same elements", "[view]") {
  double data[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const MatrixView<double> view(data, 3, 4);
  CHECK(view.middle_rows(1, 2)(1, 3) == 11.0);
  CHECK(view.middle_cols(2, 2)(1, 0) == 6.0);
  CHECK(view.transpose()(3, 2) == 11.0);
  const MatrixView<double> reversed(data + 11, 3, 4, -4, -1);
  CHECK(reversed(0, 0) == 11.0);
  CHECK(reversed(2, 3) == 0.0);
  const MatrixView<const double> broadcast(data, 3, 4, 0, 1);
  CHECK(broadcast(2, 1) == 1.0);
}

TEST_CASE("a contiguous tensor has its last extent fastest", "[view]") {
  float data[24] = {};
  const TensorView<float, 4> tensor(data, {1, 2, 3, 4});
  CHECK(tensor.stride(3) == 1);
  CHECK(tensor.stride(2) == 4);
  CHECK(tensor.stride(1) == 12);
  CHECK(tensor.stride(0) == 24);
}
