// SPDX-License-Identifier: Apache-2.0
#include "linalg/band.hpp"

#include "linalg/dot.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace bochner::linalg {
std::optional<BandCholesky> BandCholesky::factor(const SymmetricBand& b, double shift,
                                                 double least_pivot) {
  const Index width = b.width();
  SymmetricBand l = b;
  for (Index i = 0; i < l.size(); ++i) {
    const Index first = std::max<Index>(0, i - width);
    for (Index j = first; j < i; ++j) {
      const Index begin = std::max(first, j - width);
      l(i, j) = (l(i, j) - dot(&l(i, begin), &l(j, begin), j - begin)) / l(j, j);
    }
    const double pivot = l(i, i) + shift - dot(&l(i, first), &l(i, first), i - first);
    if (!(pivot > least_pivot) || !std::isfinite(pivot)) return std::nullopt;
    l(i, i) = std::sqrt(pivot);
  }
  return BandCholesky(std::move(l));
}

void BandCholesky::solve(std::span<double> x) const {
  const Index n = l_.size();
  for (Index i = 0; i < n; ++i) {
    const Index first = std::max<Index>(0, i - l_.width());
    const double* const row = l_.row(i) + (first - i + l_.width());
    double& value = x[static_cast<std::size_t>(i)];
    value = (value - dot(row, x.data() + first, i - first)) / l_(i, i);
  }
  for (Index i = n; i-- > 0;) {
    const Index first = std::max<Index>(0, i - l_.width());
    const double value = x[static_cast<std::size_t>(i)] /= l_(i, i);
    for (Index j = first; j < i; ++j) x[static_cast<std::size_t>(j)] -= l_(i, j) * value;
  }
}

double BandCholesky::log_determinant() const {
  double sum = 0.0;
  for (Index i = 0; i < l_.size(); ++i) sum += std::log(l_(i, i));
  return 2.0 * sum;
}

double BandCholesky::trace_of_inverse() const {
  const Index n = l_.size();
  const Index width = l_.width();
  // L^T Z = L^-1, read from the last row up: column j of Z inside the band needs the `width` rows
  // below j only. They are kept in `window`, row and column i at place i mod width.
  const Index places = std::max<Index>(width, 1);
  Matrix<double> window(places, places);
  std::vector<double> below(static_cast<std::size_t>(places));
  std::vector<double> column(static_cast<std::size_t>(places));
  double trace = 0.0;
  for (Index j = n; j-- > 0;) {
    const Index last = std::min(n - 1, j + width);
    std::fill(below.begin(), below.end(), 0.0);
    for (Index i = j + 1; i <= last; ++i) below[static_cast<std::size_t>(i % places)] = l_(i, j);
    for (Index s = 0; s < places; ++s) {
      column[static_cast<std::size_t>(s)] = -dot(window.row(s), below.data(), places) / l_(j, j);
    }
    const double diagonal = (1.0 / l_(j, j) - dot(below.data(), column.data(), places)) / l_(j, j);
    trace += diagonal;
    if (width == 0) continue;
    column[static_cast<std::size_t>(j % places)] = diagonal;
    for (Index s = 0; s < places; ++s) {
      window(j % places, s) = window(s, j % places) = column[static_cast<std::size_t>(s)];
    }
  }
  return trace;
}

}  // namespace bochner::linalg
