// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/model_options.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"
#include "io/svmlight_writer.hpp"
#include "pipeline/training_blocks.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

struct FeaturesArguments {
  ModelOptions model;
  std::string output = "-";
  std::string keep;
};

/// Features of raw rows, the reader's last block. Throws FileError that names the row whose
/// features the scalar cannot hold.
template <Scalar T>
Matrix<T> features_of(const FeatureMap<T>& map, const ModelAtWork& work,
                      MatrixView<const double> rows) {
  Matrix<T> x(rows.rows, rows.cols);
  work.model.standardisation.apply<T>(rows, x.view());
  const MatrixView<const T> inputs = std::as_const(x).view();
  try {
    return features(map, inputs, Side::query, work.execution);
  } catch (const InvalidArgument&) {
    pipeline::name_refused_row<T>(*work.reader, map, inputs);
    for (Index i = 0; i < rows.rows; ++i) {
      try {
        static_cast<void>(features(map, inputs.middle_rows(i, 1)));
      } catch (const InvalidArgument&) {
        throw FileError(work.reader->place(i) +
                        ": the features of the row leave the range of this model's numbers");
      }
    }
    throw;
  }
}

/// The numbers that classes are written as: their own, or from 1 on where they are words.
std::vector<double> class_labels(const pipeline::Model& model) {
  std::vector<double> labels = pipeline::class_numbers(model);
  for (std::size_t c = labels.size(); c < model.classes.size(); ++c) {
    labels.push_back(static_cast<double>(c + 1));
  }
  return labels;
}

/// What is carried along, for the comment at a line's end: commas between columns, and blanks for
/// what would end the line.
std::vector<std::string> comments_of(const io::RowReader& reader, Index rows) {
  std::vector<std::string> out;
  const auto texts = static_cast<Index>(reader.text_places().size());
  for (Index i = 0; i < rows && texts > 0; ++i) {
    std::string& comment = out.emplace_back();
    for (Index t = 0; t < texts; ++t) {
      if (t > 0) comment += ',';
      comment += reader.text(i, t);
    }
    std::replace_if(
        comment.begin(), comment.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }
  return out;
}

/// The targets of rows.
Matrix<double> labels_of(const io::RowReader& reader, const std::vector<double>& classes,
                         MatrixView<const double> targets) {
  Matrix<double> out(targets.rows, 1);
  for (Index i = 0; i < targets.rows; ++i) {
    out(i, 0) = targets(i, 0);
    if (classes.empty()) continue;
    const auto code = static_cast<std::size_t>(targets(i, 0));
    if (code >= classes.size()) {
      throw FileError(reader.place(i, reader.cols() - 1) +
                      ": is a class that the model does not know");
    }
    out(i, 0) = classes[code];
  }
  return out;
}

void run_features(const FeaturesArguments& arguments) {
  require_place_for_report(arguments.model, arguments.output);
  require_distinct_files({{"--data", arguments.model.data}, {"--model", arguments.model.model}},
                         {{"--output", arguments.output}});
  const io::OutputLock lock(arguments.output);
  ModelAtWork work = open_model(arguments.model, {.targets = pipeline::UsedColumns::Targets::all,
                                                  .text = kept_columns(arguments.keep)});
  const pipeline::Model& model = work.model;
  if (model.targets.size() != 1) {
    throw FileError(arguments.model.model + ": has " + std::to_string(model.targets.size()) +
                    " targets, and a line of svmlight has one label");
  }
  const auto inputs = static_cast<Index>(model.inputs.size());
  const std::vector<double> classes = class_labels(model);
  io::OutputFile out(arguments.output);
  Index rows_done = 0;
  const Index features =
      std::visit([](const auto& fitted) { return fitted.map().num_features(); }, model.regression);
  const Index at_a_time = io::rows_at_a_time(std::max(work.reader->cols(), features));
  io::for_each_block(*work.reader, at_a_time, [&](MatrixView<double> rows) {
    rows_done += rows.rows;
    const Matrix<double> labels = labels_of(*work.reader, classes, rows.middle_cols(inputs, 1));
    const std::vector<std::string> comments = comments_of(*work.reader, rows.rows);
    std::visit(
        [&]<template <class> class Regression, Scalar T>(const Regression<T>& fitted) {
          const MatrixView<const double> x = rows.middle_cols(0, inputs);
          const Matrix<T> phi = pipeline::naming_rows(
              work.model, *work.reader, x, [&] { return features_of(fitted.map(), work, x); });
          io::write_svmlight<T>(out, labels.view(), phi.view(), comments);
        },
        model.regression);
  });
  out.commit();
  print_report("features", arguments.model, work, rows_done, arguments.output);
}

}  // namespace

std::function<void()> declare_features(CLI::App& app) {
  const auto arguments = std::make_shared<FeaturesArguments>();
  declare_model_options(app, arguments->model, "Rows with their target, under the model's names");
  declare_text(app, "--keep", arguments->keep, "LIST",
               "Columns of the data to write as a comment at the end of each line, as text");
  declare_model_output(
      app, arguments->model, arguments->output,
      "Features as svmlight text, `target 1:value 2:value ...`; classes that are words "
      "are numbered from 1");
  app.footer(
      "For linear learners such as LIBLINEAR, which then learn with the kernel:\n"
      "  bochner features --data train.csv --model model.safetensors -o train.svm\n"
      "  liblinear-train -s 2 -c 1 train.svm");
  return [arguments] { run_features(*arguments); };
}

}  // namespace bochner::cli
