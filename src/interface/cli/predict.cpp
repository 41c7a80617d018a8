// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "core/numbers.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/distinct_files.hpp"
#include "interface/cli/model_options.hpp"
#include "interface/cli/options.hpp"
#include "interface/cli/usage_error.hpp"
#include "io/matrix_writer.hpp"
#include "io/output_file.hpp"
#include "io/output_lock.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bochner::cli {
namespace {

struct PredictArguments {
  ModelOptions model;
  std::string output = "-";
  std::string keep;
  bool variance = false;
  bool probabilities = false;
  std::string interval;
};

/// What a line of the output holds.
enum class Content {
  targets,
  targets_and_variances,
  targets_and_intervals,
  class_names,
  class_names_and_sets,
  probabilities
};

/// Whether the first number of a line stands for a class.
bool names_classes(Content content) {
  return content == Content::class_names || content == Content::class_names_and_sets;
}

Content content_of(const PredictArguments& arguments, const pipeline::Model& model) {
  const std::string& file = arguments.model.model;
  if (arguments.variance && !model.has_posterior()) {
    throw FileError(file + ": holds no posterior; fit with --posterior full to have variances");
  }
  if (arguments.probabilities && !model.probabilistic()) {
    throw FileError(file + ": gives no probabilities; fit with --task classify --loss logistic");
  }
  if (!arguments.interval.empty() && !model.has_intervals()) {
    throw FileError(file + ": holds no intervals; fit with --intervals 10-fold to have them");
  }
  if (!arguments.interval.empty()) {
    return model.classes.empty() ? Content::targets_and_intervals : Content::class_names_and_sets;
  }
  if (arguments.variance) return Content::targets_and_variances;
  if (arguments.probabilities) return Content::probabilities;
  return model.classes.empty() ? Content::targets : Content::class_names;
}

std::vector<std::string> column_names(const pipeline::Model& model, Content content) {
  if (content == Content::probabilities) return model.classes;
  std::vector<std::string> names = model.targets;
  if (content == Content::targets_and_variances) {
    for (const std::string& target : model.targets) names.push_back(target + "_variance");
  }
  if (content == Content::targets_and_intervals) {
    for (const std::string& target : model.targets) names.push_back(target + "_lower");
    for (const std::string& target : model.targets) names.push_back(target + "_upper");
  }
  if (content == Content::class_names_and_sets) {
    for (const std::string& name : model.classes) names.push_back(name + "_in_set");
  }
  return names;
}

/// What a line says.
struct Line {
  Content content;
  double level = 0.0;  ///< of intervals and sets
};

/// Predictions as numbers; of a class, its place among them.
Matrix<double> predict(const ModelAtWork& work, Line line, MatrixView<const double> rows) {
  const pipeline::Model& model = work.model;
  Matrix<double> outputs = pipeline::naming_rows(work.model, *work.reader, rows, [&] {
    if (line.level > 0.0) return model.outputs_and_intervals(rows, line.level, work.execution);
    return line.content == Content::targets_and_variances
               ? model.outputs_and_variances(rows, work.execution)
               : model.outputs(rows, work.execution);
  });
  if (!names_classes(line.content)) return outputs;
  const auto scores = std::as_const(outputs).view().middle_cols(0, model.num_outputs());
  Matrix<double> classes(rows.rows, 1 + outputs.cols() - scores.cols);
  for (Index i = 0; i < rows.rows; ++i) {
    classes(i, 0) = static_cast<double>(pipeline::largest(scores, i));
    std::copy_n(outputs.row(i) + scores.cols, classes.cols() - 1, classes.row(i) + 1);
  }
  return classes;
}

class Lines {
 public:
  Lines(io::OutputFile& out, const ModelAtWork& work, Content content)
      : out_(out), model_(work.model), reader_(*work.reader), content_(content) {
    for (const std::string& name : text_names(reader_)) append(io::csv_field(name));
    for (const std::string& name : column_names(model_, content)) append(io::csv_field(name));
    write();
  }
  void add(const Matrix<double>& block) {
    const auto texts = static_cast<Index>(reader_.text_places().size());
    for (Index i = 0; i < block.rows(); ++i) {
      for (Index t = 0; t < texts; ++t) append(io::csv_field(std::string(reader_.text(i, t))));
      for (Index c = 0; c < block.cols(); ++c) {
        append(c == 0 && names_classes(content_)
                   ? io::csv_field(model_.classes[static_cast<std::size_t>(block(i, c))])
                   : shortest(block(i, c)));
      }
      write();
    }
  }

 private:
  void append(const std::string& cell) {
    if (cells_++ > 0) line_ += ',';
    line_ += cell;
  }
  void write() {
    // An empty line would be no record at all.
    if (line_.empty()) line_ = "\"\"";
    out_.write(line_ + '\n');
    line_.clear();
    cells_ = 0;
  }

  io::OutputFile& out_;
  const pipeline::Model& model_;
  const io::RowReader& reader_;
  Content content_;
  std::string line_;
  int cells_ = 0;
};

/// An array, whose header says how many rows it has: they are held until all are there.
class Array {
 public:
  Array(const pipeline::Model& model, Content content)
      : cols_(static_cast<Index>(column_names(model, content).size())) {
    if (names_classes(content)) values_ = pipeline::class_numbers(model);
    if (names_classes(content) && values_.empty()) {
      throw UsageError(
          "--output: an array holds numbers, and the classes are words; expected another file, or "
          "--probabilities");
    }
  }
  void add(const Matrix<double>& block) {
    for (Index k = 0; k < block.size(); ++k) {
      const double value = block.data()[k];
      const bool is_class = !values_.empty() && k % cols_ == 0;
      held_.push_back(is_class ? values_[static_cast<std::size_t>(value)] : value);
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

void run_predict(const PredictArguments& arguments) {
  require_place_for_report(arguments.model, arguments.output);
  const io::OutputLock lock(arguments.output);
  if (arguments.variance && arguments.probabilities) {
    throw UsageError("--variance: is of a regression, --probabilities of classes");
  }
  if (!arguments.interval.empty() && (arguments.variance || arguments.probabilities)) {
    throw UsageError("--interval: comes without --variance and --probabilities");
  }
  const double level =
      arguments.interval.empty() ? 0.0 : parse_fraction("--interval", arguments.interval);
  if (!arguments.keep.empty() && arguments.output.ends_with(".npy")) {
    throw UsageError("--keep: an array holds numbers only, expected another --output");
  }
  require_distinct_files({{"--data", arguments.model.data}, {"--model", arguments.model.model}},
                         {{"--output", arguments.output}});
  ModelAtWork work = open_model(arguments.model, {.text = kept_columns(arguments.keep)});
  const Content content = content_of(arguments, work.model);
  io::OutputFile out(arguments.output);
  Index rows_done = 0;
  const auto predict_all = [&](auto& sink) {
    io::RowReader& reader = *work.reader;
    io::for_each_block(reader, io::rows_at_a_time(reader.cols()), [&](MatrixView<double> rows) {
      rows_done += rows.rows;
      sink.add(predict(work, {content, level}, rows));
    });
  };
  if (arguments.output.ends_with(".npy")) {
    Array array(work.model, content);
    predict_all(array);
    array.write(out);
  } else {
    Lines lines(out, work, content);
    predict_all(lines);
  }
  out.commit();
  print_report("predict", arguments.model, work, rows_done, arguments.output);
}

}  // namespace

std::function<void()> declare_predict(CLI::App& app) {
  const auto arguments = std::make_shared<PredictArguments>();
  declare_model_options(app, arguments->model,
                        "Rows to predict; columns are found by the names the model has, other "
                        "columns do not matter");
  app.add_flag("--variance", arguments->variance,
               "Also the posterior variance of every prediction, without the noise of an "
               "observation; the model is fitted with --posterior full");
  app.add_flag(
      "--probabilities", arguments->probabilities,
      "Of every class instead of the most likely one; the model is fitted with --loss logistic");
  declare_text(app, "--interval", arguments->interval, "LEVEL",
               "Also what holds the target of a new row with this probability, such as 0.9: the "
               "ends of an interval or, of classes, a set; the model is fitted with --intervals");
  declare_text(app, "--keep", arguments->keep, "LIST",
               "Columns of the data to write before the predictions, as text: id,2-4");
  declare_model_output(app, arguments->model, arguments->output,
                       "Predictions as comma-separated text, or as an array where it ends in .npy");
  app.footer(
      "A line of names, then one line per row: columns kept, predictions (then their variances,\n"
      "NAME_variance, or the ends of their intervals, NAME_lower and NAME_upper), the class (then\n"
      "1 for the classes in its set and 0 for the others, CLASS_in_set), or one probability per\n"
      "class.");
  return [arguments] { run_predict(*arguments); };
}

}  // namespace bochner::cli
