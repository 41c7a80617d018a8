// SPDX-License-Identifier: Apache-2.0
#include "pipeline/model_rows.hpp"

#include "core/door.hpp"
#include "io/decimal.hpp"
#include "io/npz.hpp"
#include "io/svmlight_reader.hpp"
#include "io/table_reader.hpp"
#include "pipeline/model_columns.hpp"
#include "pipeline/training_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace bochner::pipeline {
namespace {

/// How wide svmlight text is that the model is used on.
void set_width(const Model& model, io::SvmlightOptions& options) {
  for (const auto* names : {&model.inputs, &model.targets}) {
    const auto width = io::svmlight_width(*names, options.first_index);
    options.least_width = std::max(options.least_width, width.value_or(0));
  }
  if (model.knows_all_columns() && options.least_width > 0) options.width = options.least_width;
}

}  // namespace

std::unique_ptr<io::RowReader> open_for(const Model& model, std::unique_ptr<io::ByteSource> source,
                                        io::ReadOptions options, const UsedColumns& columns) {
  options.columns = {};
  options.columns.choose = [&](const io::ColumnNames& names, const std::string& file) {
    return find_columns(model, columns, names, file);
  };
  options.text = columns.text;
  const io::ReadOptions given = options;
  if (!options.svmlight.width) set_width(model, options.svmlight);
  if (columns.targets == UsedColumns::Targets::all && !model.classes.empty()) {
    options.classes = io::ClassColumn{static_cast<Index>(model.inputs.size()), model.classes};
  }
  auto reader = io::open_rows(std::move(source), options);
  io::require_used(given, *reader);
  return reader;
}

std::vector<double> class_numbers(const Model& model) {
  std::vector<double> out;
  for (const std::string& name : model.classes) {
    double value = 0.0;
    if (io::parse_decimal(name, value) != io::Parsed::number || !std::isfinite(value)) return {};
    out.push_back(value);
  }
  return out;
}

Index largest(MatrixView<const double> outputs, Index row) {
  Index best = 0;
  for (Index c = 1; c < outputs.cols; ++c) {
    if (outputs(row, c) > outputs(row, best)) best = c;
  }
  return best;
}

void name_refused(const Model& model, const io::RowReader& reader,
                  MatrixView<const double> inputs) {
  std::visit(
      [&]<template <class> class Regression, Scalar T>(const Regression<T>& fitted) {
        Matrix<T> x(inputs.rows, inputs.cols);
        model.standardisation.apply<T>(inputs, x.view());
        name_refused_row<T>(reader, fitted.map(), std::as_const(x).view());
      },
      model.regression);
}

Matrix<double> predict(const Model& model, const std::string& data, const io::ReadOptions& options,
                       const Execution& execution) {
  require_consistent(model);
  const io::ColumnSelection& columns = options.columns;
  if (!columns.keep.empty() || !columns.drop.empty() || !columns.places.empty() || columns.choose ||
      options.text || options.classes || !options.groups.empty()) {
    Door("predict").refuse(
        "options choose or code columns, expected the model to find those it knows");
  }
  const auto reader = open_for(model, io::open_source(data), options, {});
  std::vector<double> held;
  io::for_each_block(*reader, io::rows_at_a_time(reader->cols()), [&](MatrixView<double> x) {
    const Matrix<double> outputs =
        naming_rows(model, *reader, x, [&] { return model.outputs(x, execution); });
    held.insert(held.end(), outputs.data(), outputs.data() + outputs.size());
  });
  Matrix<double> out(static_cast<Index>(held.size()) / model.num_outputs(), model.num_outputs());
  std::copy(held.begin(), held.end(), out.data());
  return out;
}

}  // namespace bochner::pipeline
