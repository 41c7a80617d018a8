// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/standardisation.hpp"

#include "core/numbers.hpp"
#include "pipeline/cell_error.hpp"

#include <cmath>
#include <cstddef>

namespace bochner::pipeline {
namespace {

double standardised(double x, double centre, double scale) {
  const double difference = x - centre;
  if (std::isfinite(difference)) return difference / scale;
  return (x / 2.0 - centre / 2.0) / (scale / 2.0);
}

template <Scalar T>
[[noreturn]] void fail_far(Index row, Index column, double x, double centre) {
  constexpr bool kSingle = sizeof(T) == sizeof(float);
  throw CellError(
      row, column,
      shortest(x) + " is too far from " + significant(centre, 4) +
          ", the mean of the rows fitted to, in units of their deviation, for " +
          (kSingle ? "single precision; fit in double precision" : "a number in double precision"));
}

}  // namespace

template <Scalar T>
void Standardisation::apply(MatrixView<const double> rows, MatrixView<T> out,
                            Index first_row) const {
  const auto cols = static_cast<Index>(centre.size());
  if (static_cast<Index>(scale.size()) != cols || rows.cols != cols || out.cols != cols ||
      out.rows != rows.rows) {
    throw InvalidArgument("Standardisation::apply: rows is " + std::to_string(rows.rows) + " x " +
                          std::to_string(rows.cols) + " and out " + std::to_string(out.rows) +
                          " x " + std::to_string(out.cols) + ", expected both n x " +
                          std::to_string(cols) + " (the centre's and the scale's numbers)");
  }
  for (Index i = 0; i < rows.rows; ++i) {
    for (Index j = 0; j < rows.cols; ++j) {
      const auto c = static_cast<std::size_t>(j);
      const auto value = static_cast<T>(standardised(rows(i, j), centre[c], scale[c]));
      if (!std::isfinite(value)) fail_far<T>(first_row + i, j, rows(i, j), centre[c]);
      out(i, j) = value;
    }
  }
}

template void Standardisation::apply(MatrixView<const double>, MatrixView<float>, Index) const;
template void Standardisation::apply(MatrixView<const double>, MatrixView<double>, Index) const;

}  // namespace bochner::pipeline
