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
  bool feature_error = false;
  bool probabilities = false;
  std::string interval;
};

/// What a line of the output holds first: a number per target, a class, or a number per class.
enum class Content { targets, class_names, probabilities };

/// What stands beside it.
enum class Beside { variances, feature_errors, intervals, sets };

struct Line {
  Content content;
  std::vector<Beside> beside;
  double level = 0.0;  ///< of intervals and sets
};

Line line_of(const PredictArguments& arguments, double level, const pipeline::Model& model) {
  const std::string& file = arguments.model.model;
  const auto require = [&](bool asked, bool held, const char* what) {
    if (asked && !held) throw FileError(file + ": " + what);
  };
  require(arguments.variance, model.has_posterior(),
          "holds no posterior; fit with --posterior full to have variances");
  require(arguments.feature_error, model.has_feature_errors(),
          "holds no feature errors; fit with --feature-errors to have them");
  require(arguments.probabilities, model.probabilistic(),
          "gives no probabilities; fit with --task classify --loss logistic");
  require(level > 0.0, model.has_intervals(),
          "holds no intervals; fit with --intervals 10-fold to have them");
  const bool classes = !model.classes.empty();
  Line out{classes ? Content::class_names : Content::targets, {}, level};
  if (arguments.probabilities) out.content = Content::probabilities;
  if (arguments.variance) out.beside.push_back(Beside::variances);
  if (arguments.feature_error) out.beside.push_back(Beside::feature_errors);
  if (level > 0.0) out.beside.push_back(classes ? Beside::sets : Beside::intervals);
  return out;
}

std::vector<std::string> column_names(const pipeline::Model& model, const Line& line) {
  if (line.content == Content::probabilities) return model.classes;
  std::vector<std::string> names = model.targets;
  const auto add = [&](const std::vector<std::string>& of, const char* suffix) {
    for (const std::string& name : of) names.push_back(name + suffix);
  };
  for (const Beside beside : line.beside) {
    switch (beside) {
      case Beside::variances:
        add(model.targets, "_variance");
        break;
      case Beside::feature_errors:
        add(model.targets, "_feature_error");
        break;
      case Beside::intervals:
        add(model.targets, "_lower");
        add(model.targets, "_upper");
        break;
      case Beside::sets:
        add(model.classes, "_in_set");
        break;
    }
  }
  return names;
}

/// The model's outputs, then what is asked for.
Matrix<double> outputs_and(Beside beside, double level, const pipeline::Model& model,
                           MatrixView<const double> rows, const Execution& execution) {
  switch (beside) {
    case Beside::variances:
      return model.outputs_and_variances(rows, execution);
    case Beside::feature_errors:
      return model.outputs_and_feature_errors(rows, execution);
    case Beside::intervals:
    case Beside::sets:
      break;
  }
  return model.outputs_and_intervals(rows, level, execution);
}

/// Predictions as numbers; of a class, its place among them.
Matrix<double> predict(const ModelAtWork& work, const Line& line, MatrixView<const double> rows) {
  const pipeline::Model& model = work.model;
  const auto parts = pipeline::naming_rows(work.model, *work.reader, rows, [&] {
    std::vector<Matrix<double>> found;
    if (line.beside.empty()) found.push_back(model.outputs(rows, work.execution));
    for (const Beside beside : line.beside) {
      found.push_back(outputs_and(beside, line.level, model, rows, work.execution));
    }
    return found;
  });
  const bool classes = line.content == Content::class_names;
  const Index outputs = model.num_outputs();
  Index columns = classes ? 1 : outputs;
  for (const Matrix<double>& part : parts) columns += part.cols() - outputs;
  Matrix<double> out(rows.rows, columns);
  const MatrixView<const double> scores = parts.front().view().middle_cols(0, outputs);
  for (Index i = 0; i < rows.rows; ++i) {
    double* to = out.row(i);
    if (classes) {
      *to++ = static_cast<double>(pipeline::largest(scores, i));
    } else {
      to = std::copy_n(scores.row(i), outputs, to);
    }
    for (const Matrix<double>& part : parts) {
      to = std::copy_n(part.row(i) + outputs, part.cols() - outputs, to);
    }
  }
  return out;
}

class Lines {
 public:
  Lines(io::OutputFile& out, const ModelAtWork& work, const Line& line)
      : out_(out), model_(work.model), reader_(*work.reader), content_(line.content) {
    for (const std::string& name : text_names(reader_)) append(io::csv_field(name));
    for (const std::string& name : column_names(model_, line)) append(io::csv_field(name));
    write();
  }
  void add(const Matrix<double>& block) {
    const auto texts = static_cast<Index>(reader_.text_places().size());
    for (Index i = 0; i < block.rows(); ++i) {
      for (Index t = 0; t < texts; ++t) append(io::csv_field(std::string(reader_.text(i, t))));
      for (Index c = 0; c < block.cols(); ++c) {
        append(c == 0 && content_ == Content::class_names
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
  Array(const pipeline::Model& model, const Line& line)
      : cols_(static_cast<Index>(column_names(model, line).size())) {
    const bool classes = line.content == Content::class_names;
    if (classes) values_ = pipeline::class_numbers(model);
    if (classes && values_.empty()) {
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

void require_compatible(const PredictArguments& arguments) {
  if (!arguments.probabilities) return;
  const auto refuse = [](bool given, const char* what) {
    if (given) throw UsageError(std::string(what) + ", --probabilities of classes");
  };
  refuse(arguments.variance, "--variance: is of a regression");
  refuse(arguments.feature_error, "--feature-error: is of a regression");
  refuse(!arguments.interval.empty(), "--interval: gives sets");
}

void run_predict(const PredictArguments& arguments) {
  require_place_for_report(arguments.model, arguments.output);
  const io::OutputLock lock(arguments.output);
  require_compatible(arguments);
  const double level =
      arguments.interval.empty() ? 0.0 : parse_fraction("--interval", arguments.interval);
  if (!arguments.keep.empty() && arguments.output.ends_with(".npy")) {
    throw UsageError("--keep: an array holds numbers only, expected another --output");
  }
  require_distinct_files({{"--data", arguments.model.data}, {"--model", arguments.model.model}},
                         {{"--output", arguments.output}});
  ModelAtWork work = open_model(arguments.model, {.text = kept_columns(arguments.keep)});
  const Line line = line_of(arguments, level, work.model);
  io::OutputFile out(arguments.output);
  Index rows_done = 0;
  const auto predict_all = [&](auto& sink) {
    io::RowReader& reader = *work.reader;
    io::for_each_block(reader, io::rows_at_a_time(reader.cols()), [&](MatrixView<double> rows) {
      rows_done += rows.rows;
      sink.add(predict(work, line, rows));
    });
  };
  if (arguments.output.ends_with(".npy")) {
    Array array(work.model, line);
    predict_all(array);
    array.write(out);
  } else {
    Lines lines(out, work, line);
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
  app.add_flag("--feature-error", arguments->feature_error,
               "Also the standard error of every prediction over draws of the frequencies; the "
               "model is fitted with --feature-errors");
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
      "A line of names, then one line per row: columns kept, then predictions (then, as asked "
      "for,\n"
      "NAME_variance, NAME_feature_error, NAME_lower and NAME_upper), the class (then 1 for the\n"
      "classes in its set and 0 for the others, CLASS_in_set), or one probability per class.");
  return [arguments] { run_predict(*arguments); };
}

}  // namespace bochner::cli
