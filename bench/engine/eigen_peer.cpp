// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/eigen_peer.hpp"

#include <Eigen/Dense>

namespace bochner::bench {
namespace {

template <class T>
using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Input = Eigen::Map<const Rows<T>>;
template <class T>
using Output = Eigen::Map<Rows<T>>;

}  // namespace

void eigen_positive(const float* x, const float* w, float* out, Index n, Index d, Index m) {
  Output<float> phi(out, n, m);
  phi.noalias() = Input<float>(x, n, d) * Input<float>(w, d, m);
  phi = phi.array().exp();
}

void eigen_paired(const double* x, const double* w, double* product, double* out, Index n, Index d,
                  Index m) {
  Output<double> angles(product, n, m);
  Output<double> phi(out, n, 2 * m);
  angles.noalias() = Input<double>(x, n, d) * Input<double>(w, d, m);
  phi.leftCols(m) = angles.array().cos();
  phi.rightCols(m) = angles.array().sin();
}

}  // namespace bochner::bench
