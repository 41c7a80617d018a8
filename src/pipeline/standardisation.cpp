// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/standardisation.hpp"

#include "core/door.hpp"
#include "core/numbers.hpp"
#include "pipeline/cell_error.hpp"

#include <cmath>
#include <cstddef>
#include <iterator>

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
  Door("Standardisation::apply")
      .entries("scale", std::ssize(scale), cols, "as many as centre")
      .columns("rows", rows, cols, "the entries of centre")
      .shape("out", out, rows.rows, cols, "the shape of rows");
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
