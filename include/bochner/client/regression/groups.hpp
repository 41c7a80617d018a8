// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <vector>

/// \file
/// Rows that belong together: stations, patients, sites.

namespace bochner {

/// One label per row, equal exactly where all columns are equal (-0 counts as 0), numbered from 0
/// in the lexicographic order of the distinct rows. O(n log n) comparisons. Throws InvalidArgument
/// on NaN or infinity, naming row and column.
template <Scalar T>
std::vector<Index> group_labels(MatrixView<const T> columns);

/// Columns that repeat together: a set of at least two, none of them a linear function of another
/// (correlation above 0.999), whose joint values are hardly more numerous than those of one of them
/// alone (at most 1.1 times), and yet at least 50, with 10 rows or more each on average. Longitude,
/// latitude and elevation of stations with many readings are such columns. A model that sees them
/// can tell the groups apart, and a criterion that holds out single rows then rewards it for
/// memorising them. The largest set found is returned, ascending; nothing when there is none. O(d^2
/// n log n) on at most 65,536 rows, drawn at random.
template <Scalar T>
std::vector<Index> repeated_columns(MatrixView<const T> x);

extern template BOCHNER_EXPORT std::vector<Index> group_labels(MatrixView<const float>);
extern template BOCHNER_EXPORT std::vector<Index> group_labels(MatrixView<const double>);
extern template BOCHNER_EXPORT std::vector<Index> repeated_columns(MatrixView<const float>);
extern template BOCHNER_EXPORT std::vector<Index> repeated_columns(MatrixView<const double>);

}  // namespace bochner
