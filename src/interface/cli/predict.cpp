// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/numbers.hpp"
#include "interface/cli/usage_error.hpp"
#include "interface/io/matrix_writer.hpp"
#include "interface/io/output_file.hpp"
#include "interface/io/output_lock.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

constexpr Index kRowsAtATime = 4096;

struct Options {
  ModelOptions model;
  std::string output = "-";
  bool variance = false;
  bool probabilities = false;
};

/// What a line of the output holds.
enum class Content { targets, targets_and_variances, class_names, probabilities };

Content content_of(const Options& options, const Model& model) {
  const std::string& file = options.model.model;
  if (options.variance && !model.has_posterior()) {
    throw FileError(file + ": holds no posterior; fit with --posterior full to have variances");
  }
  if (options.probabilities && !model.probabilistic()) {
    throw FileError(file + ": gives no probabilities; fit with --task classify --loss logistic");
  }
  if (options.variance) return Content::targets_and_variances;
  if (options.probabilities) return Content::probabilities;
  return model.classes.empty() ? Content::targets : Content::class_names;
}

std::vector<std::string> column_names(const Model& model, Content content) {
  if (content == Content::probabilities) return model.classes;
  std::vector<std::string> names = model.targets;
  if (content == Content::targets_and_variances) {
    for (const std::string& target : model.targets) names.push_back(target + "_variance");
  }
  return names;
}

/// Predictions as numbers; of a class, the number it is known by or else its place among them.
Matrix<double> predict(const ModelAtWork& work, Content content, MatrixView<const double> rows) {
  const Model& model = work.model;
  if (content == Content::targets_and_variances) {
    return model.outputs_and_variances(rows, work.execution);
  }
  Matrix<double> outputs = model.outputs(rows, work.execution);
  if (content != Content::class_names) return outputs;
  Matrix<double> classes(rows.rows, 1);
  for (Index i = 0; i < rows.rows; ++i) {
    classes(i, 0) = static_cast<double>(largest(outputs.view(), i));
  }
  return classes;
}

class Lines {
 public:
  Lines(io::OutputFile& out, const Model& model, Content content)
      : out_(out), model_(model), content_(content) {
    std::string line;
    for (const std::string& name : column_names(model, content)) append(line, io::csv_field(name));
    out_.write(line + '\n');
  }
  void add(const Matrix<double>& block) {
    std::string line;
    for (Index i = 0; i < block.rows(); ++i) {
      line.clear();
      for (Index c = 0; c < block.cols(); ++c) {
        append(line, content_ == Content::class_names
                         ? io::csv_field(model_.classes[static_cast<std::size_t>(block(i, c))])
                         : shortest(block(i, c)));
      }
      out_.write(line + '\n');
    }
  }

 private:
  static void append(std::string& line, const std::string& cell) {
    if (!line.empty()) line += ',';
    line += cell;
  }

  io::OutputFile& out_;
  const Model& model_;
  Content content_;
};

/// An array, whose header says how many rows it has: they are held until all are there.
class Array {
 public:
  Array(const Model& model, Content content)
      : cols_(static_cast<Index>(column_names(model, content).size())) {
    if (content == Content::class_names) values_ = class_numbers(model);
    if (content == Content::class_names && values_.empty()) {
      throw UsageError(
          "--output: an array holds numbers, and the classes are words; expected another file, or "
          "--probabilities");
    }
  }
  void add(const Matrix<double>& block) {
    for (Index k = 0; k < block.size(); ++k) {
      const double value = block.data()[k];
      held_.push_back(values_.empty() ? value : values_[static_cast<std::size_t>(value)]);
    }
  }
  void write(io::OutputFile& out) const {
    io::write_npy<double>(
        out, {held_.data(), static_cast<Index>(held_.size()) / cols_, cols_, cols_, 1});
  }

 private:
  Index cols_;
  std::vector<double> values_;  ///< of the classes
  std::vector<double> held_;
};

void run_predict(const Options& options) {
  require_place_for_report(options.model, options.output);
  const io::OutputLock lock(options.output);
  if (options.variance && options.probabilities) {
    throw UsageError("--variance: is of a regression, --probabilities of classes");
  }
  ModelAtWork work = open_model(options.model, ModelColumns::inputs);
  const Content content = content_of(options, work.model);
  io::OutputFile out(options.output);
  Index rows_done = 0;
  const auto predict_all = [&](auto& sink) {
    Matrix<double> block(kRowsAtATime, work.reader->cols());
    for (Index got = kRowsAtATime; got == kRowsAtATime;) {
      got = work.reader->read(block.view());
      rows_done += got;
      sink.add(predict(work, content, std::as_const(block).view().middle_rows(0, got)));
    }
  };
  if (options.output.ends_with(".npy")) {
    Array array(work.model, content);
    predict_all(array);
    array.write(out);
  } else {
    Lines lines(out, work.model, content);
    predict_all(lines);
  }
  out.commit();
  print_report("predict", options.model, work, rows_done, options.output);
}

}  // namespace

std::function<void()> declare_predict(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  declare_model_options(app, options->model,
                        "Rows to predict; columns are found by the names the model has, other "
                        "columns do not matter");
  app.add_flag("--variance", options->variance,
               "Also the posterior variance of every prediction, without the noise of an "
               "observation; the model is fitted with --posterior full");
  app.add_flag("--probabilities", options->probabilities,
               "Of every class instead of the likeliest; the model is fitted with --loss logistic");
  declare_output(app, options->model, options->output,
                 "Predictions as comma-separated text, or as an array where it ends in .npy");
  app.footer(
      "A line of names, then one line a row: predictions (then their variances, NAME_variance), "
      "the\n"
      "class, or one probability a class.");
  return [options] { run_predict(*options); };
}

}  // namespace bochner::cli
