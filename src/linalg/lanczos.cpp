// SPDX-License-Identifier: Apache-2.0
#include "linalg/lanczos.hpp"

#include "linalg/dot.hpp"
#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bochner::linalg {
namespace {

using Vector = std::vector<double>;

double norm(const Vector& v) {
  return std::sqrt(dot(v.data(), v.data(), static_cast<Index>(v.size())));
}

void scale(Vector& v, double factor) {
  for (double& entry : v) entry *= factor;
}

/// w -= q (q.w) for all q.
void orthogonalise(const std::vector<Vector>& basis, Vector& w) {
  for (const Vector& q : basis) {
    const double along = dot(q.data(), w.data(), static_cast<Index>(w.size()));
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= along * q[i];
  }
}

}  // namespace

SpectrumEnds lanczos_ends(const LinearOperator& a, std::span<const double> start,
                          const LanczosOptions& options) {
  const auto n = static_cast<Index>(start.size());
  Vector q(start.begin(), start.end());
  Vector w(start.size());
  std::vector<Vector> basis;
  Vector diagonal, below;
  SpectrumEnds ends;
  double length = norm(q);
  while (length > 0.0 && ends.steps < std::min(options.max_steps, n)) {
    scale(q, 1.0 / length);
    basis.push_back(q);
    a(MatrixView<const double>(q.data(), n, 1), MatrixView<double>(w.data(), n, 1));
    ++ends.steps;
    diagonal.push_back(dot(q.data(), w.data(), n));
    orthogonalise(basis, w);
    orthogonalise(basis, w);
    length = norm(w);

    Matrix<double> t(ends.steps, ends.steps);
    for (Index i = 0; i < ends.steps; ++i) {
      t(i, i) = diagonal[static_cast<std::size_t>(i)];
      if (i > 0) t(i, i - 1) = below[static_cast<std::size_t>(i - 1)];
    }
    const auto ritz = symmetric_eigen(t);
    if (!ritz) break;
    const Index last = ends.steps - 1;
    ends.smallest = ritz->values.front();
    ends.largest = ritz->values.back();
    ends.smallest_residual = length * std::abs(ritz->vectors(last, 0));
    ends.largest_residual = length * std::abs(ritz->vectors(last, last));
    const double size = std::max(std::abs(ends.smallest), std::abs(ends.largest));
    ends.converged =
        std::max(ends.smallest_residual, ends.largest_residual) <= options.tolerance * size;
    if (ends.converged) break;
    below.push_back(length);
    q.swap(w);
  }
  return ends;
}

}  // namespace bochner::linalg
