// SPDX-License-Identifier: Apache-2.0
#include "report/study_columns.hpp"

namespace bochner::report {
namespace {

using Cell = study::StudyCell;
using MatrixCell = study::MatrixStudyCell;

constexpr double kRounding = 1e-12;
constexpr int kErrorDigits = 2;
constexpr const char* kRatio = "measured / predicted";
constexpr const char* kPairs = "root mean square over the pairs";

/// Nothing where there is no variance to divide by.
Value over_predicted(const Cell& cell, double x) {
  return varies(cell) ? Value(x / cell.predicted_variance) : Value();
}

/// What was measured, of a cell that has replicates.
auto measured(double Cell::*number) {
  return [number](const Cell& cell) { return cell.replicates == 0 ? Value() : cell.*number; };
}
auto measured(double MatrixCell::*number) {
  return [number](const MatrixCell& cell) { return cell.measured > 0.0 ? cell.*number : Value(); };
}

/// One standard error, beside what it is of.
ColumnHead error_of(const char* group) {
  return {.heading = "+-", .group = group, .digits = kErrorDigits, .about = "one standard error"};
}

ColumnHead root_mean_square(const char* key, const char* group) {
  return {
      .key = key, .heading = "error", .group = group, .about = "root mean square, over k(x, y)"};
}

}  // namespace

bool varies(const Cell& cell) { return cell.predicted_relative_error >= kRounding; }

Columns<Cell> predicted_columns() {
  return {
      {{.heading = "features"}, &Cell::label},
      {{.heading = "projection"}, [](const Cell& c) { return short_projection(c.projection); }},
      {{.key = "features"}, &Cell::features},
      {{.key = "projection"}, &Cell::projection},
      {both("pair"), &Cell::pair},
      {{.key = "num_frequencies", .heading = "m", .about = "frequencies"}, &Cell::num_frequencies},
      {{.key = "num_features", .heading = "F", .about = "columns of phi"}, &Cell::num_features},
      {{.key = "exact"}, &Cell::exact},
      {{.heading = "F x rel. variance", .about = "variance over k(x, y)^2, F times"},
       [](const Cell& c) {
         return static_cast<double>(c.num_features) * c.predicted_relative_variance();
       }},
      {{.key = "predicted_bias"}, &Cell::predicted_bias},
      {{.key = "predicted_variance"}, &Cell::predicted_variance},
      {{.key = "predicted_log_variance"}, &Cell::predicted_log_variance},
      {{.heading = "bias", .group = "predicted", .about = "over k(x, y)"},
       [](const Cell& c) { return c.predicted_bias / c.exact; }},
      {root_mean_square("predicted_relative_error", "predicted"), &Cell::predicted_relative_error}};
}

Columns<Cell> cell_columns() {
  return joined(
      predicted_columns(),
      {{csv_only("replicates"), &Cell::replicates},
       {{.key = "measured_bias"}, measured(&Cell::measured_bias)},
       {{.heading = "bias", .group = "measured", .about = "over k(x, y)"},
        [](const Cell& c) { return c.measured_bias / c.exact; }},
       {{.key = "measured_bias_error"}, measured(&Cell::measured_bias_error)},
       {error_of("measured"), [](const Cell& c) { return c.measured_bias_error / c.exact; }},
       {{.key = "measured_variance"}, measured(&Cell::measured_variance)},
       {{.key = "measured_variance_error"}, measured(&Cell::measured_variance_error)},
       {root_mean_square("measured_relative_error", "measured"),
        measured(&Cell::measured_relative_error)},
       {{.heading = "variance ratio", .group = kRatio},
        [](const Cell& c) { return over_predicted(c, c.measured_variance); }},
       {error_of(kRatio),
        [](const Cell& c) { return over_predicted(c, c.measured_variance_error); }}});
}

Columns<MatrixCell> predicted_matrix_columns() {
  return {{{.key = "features"}, &MatrixCell::features},
          {{.key = "projection"}, &MatrixCell::projection},
          {{.key = "num_frequencies"}, &MatrixCell::num_frequencies},
          {{.key = "num_features"}, &MatrixCell::num_features},
          {{.key = "predicted"}, &MatrixCell::predicted}};
}

Columns<MatrixCell> matrix_columns() {
  return joined(predicted_matrix_columns(),
                {{{.key = "measured"}, measured(&MatrixCell::measured)},
                 {{.key = "measured_error"}, measured(&MatrixCell::measured_error)}});
}

Columns<StudyAgreement> predicted_agreement_columns() {
  return {
      {{.heading = "features"}, &StudyAgreement::label},
      {{.heading = "projection"}, &StudyAgreement::projection},
      {{.heading = "F", .about = "columns of phi"}, &StudyAgreement::num_features},
      {{.heading = "predicted", .group = "error", .about = kPairs}, &StudyAgreement::predicted}};
}

Columns<StudyAgreement> agreement_columns() {
  return joined(
      predicted_agreement_columns(),
      {{{.heading = "measured", .group = "error", .about = kPairs}, &StudyAgreement::measured},
       {{.heading = "agreeing", .group = "cells", .about = "within two standard errors"},
        &StudyAgreement::agreeing},
       {{.heading = "of", .group = "cells", .about = "with a measured variance"},
        &StudyAgreement::compared}});
}

}  // namespace bochner::report
