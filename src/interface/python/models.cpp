// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "bochner/io/table.hpp"
#include "bochner/pipeline/fit.hpp"
#include "core/text.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"
#include "interface/python/regression.hpp"
#include "interface/python/scale_rules.hpp"
#include "interface/python/watcher.hpp"

#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

template <class T>
T member(const nb::dict& options, const char* name) {
  return nb::cast<T>(options[name]);
}

template <NamedEnum E>
E choice_of(const char* function, const nb::dict& options, const char* name) {
  return choice<E>((std::string(function) + ": " + name).c_str(),
                   member<std::string>(options, name));
}

io::ReadOptions reading_of(const nb::dict& options) {
  constexpr const char* kOwner = "ReadOptions";
  io::ReadOptions out;
  out.columns.keep = member<std::vector<std::string>>(options, "columns");
  out.columns.drop = member<std::vector<std::string>>(options, "drop");
  out.format = choice_of<io::Format>(kOwner, options, "format");
  out.header = choice_of<io::Header>(kOwner, options, "header");
  out.delimiter = choice_of<io::Delimiter>(kOwner, options, "delimiter");
  out.decimal = choice_of<io::Decimal>(kOwner, options, "decimal");
  out.leading = choice_of<io::LeadingDimensions>(kOwner, options, "leading");
  out.svmlight.first_index = member<Index>(options, "first_index");
  out.svmlight.width = member<std::optional<Index>>(options, "width");
  out.svmlight.label = choice_of<io::Label>(kOwner, options, "label");
  return out;
}

pipeline::FitRequest request_of(const nb::dict& options) {
  constexpr const char* kOwner = "fit";
  pipeline::FitRequest out;
  out.data = member<std::string>(options, "data");
  out.reading = reading_of(member<nb::dict>(options, "reading"));
  out.columns = {.targets = member<std::vector<std::string>>(options, "targets"),
                 .groups = member<std::vector<std::string>>(options, "groups"),
                 .weights = member<std::vector<std::string>>(options, "weights")};
  out.task = choice_of<pipeline::Task>(kOwner, options, "task");
  out.objective = choice_of<pipeline::Objective>(kOwner, options, "objective");
  out.spec.num_frequencies = member<Index>(options, "num_frequencies");
  out.spec.kernel = member<Kernel>(options, "kernel");
  out.spec.projection = member<Projection>(options, "projection");
  out.spec.features = member<FeatureFunction>(options, "features");
  out.spec.seed = {member<std::uint64_t>(options, "seed")};
  out.scale = scale_rule("fit: scale", member<std::string>(options, "scale"));
  out.search.lengthscales = choice_of<LengthscaleSearch>(kOwner, options, "lengthscales");
  out.search.criterion = choice_of<Criterion>(kOwner, options, "criterion");
  out.search.num_folds = member<Index>(options, "num_folds");
  out.ridge = member<std::optional<double>>(options, "ridge");
  out.posterior = choice_of<Posterior>(kOwner, options, "posterior");
  if (member<bool>(options, "feature_errors")) {
    out.feature_errors = FeatureErrorOptions{.seed = out.spec.seed};
  }
  out.intervals = {.held_out = choice_of<pipeline::HeldOut>(kOwner, options, "held_out"),
                   .num_folds = member<Index>(options, "interval_folds")};
  out.solver = choice_of<Solver>(kOwner, options, "solver");
  out.arithmetic =
      member<bool>(options, "single") ? Arithmetic::single_precision : Arithmetic::double_precision;
  out.study = member<bool>(options, "study") ? pipeline::StudyFit::path_and_left_out
                                             : pipeline::StudyFit::none;
  out.output = member<std::string>(options, "output");
  out.checkpoint_interval =
      std::chrono::duration<double>(member<double>(options, "checkpoint_interval"));
  out.resume =
      member<bool>(options, "resume") ? pipeline::Resume::if_unfinished : pipeline::Resume::no;
  out.execution.num_threads = member<int>(options, "num_threads");
  return out;
}

nb::object left_out(const std::vector<pipeline::PredictedRow>& rows) {
  Matrix<double> pairs(static_cast<Index>(rows.size()), 2);
  for (Index i = 0; i < pairs.rows(); ++i) {
    pairs(i, 0) = rows[static_cast<std::size_t>(i)].truth;
    pairs(i, 1) = rows[static_cast<std::size_t>(i)].prediction;
  }
  return to_numpy(std::as_const(pairs).view());
}

template <class Member>
nb::object dict_or_none(const std::optional<Member>& held) {
  if (!held) return nb::none();
  return to_dict(*held);
}

nb::dict to_dict(const pipeline::FitOutcome& outcome) {
  nb::dict out;
  out["layout"] = outcome.layout;
  out["constant"] = outcome.constant;
  out["resumed_rows"] = outcome.resumed_rows;
  out["seconds"] = outcome.seconds;
  out["logistic"] = dict_or_none(outcome.logistic);
  out["iterative"] = dict_or_none(outcome.iterative);
  out["search"] = dict_or_none(outcome.search.kernel);
  out["ridge_search"] = dict_or_none(outcome.search.ridge);
  out["path"] = dict_or_none(outcome.study.path);
  out["left_out"] = left_out(outcome.study.left_out);
  return out;
}

/// Without the interpreter's lock. Interrupted, which says what is kept, is KeyboardInterrupt; what
/// else made the fit leave is raised itself.
pipeline::Fitted watched_fit(const pipeline::FitRequest& request, PythonWatcher& watcher) {
  try {
    pipeline::Fitted fitted = pipeline::fit(request, &watcher);
    watcher.rethrow_any();
    return fitted;
  } catch (const Interrupted&) {
    watcher.rethrow();
    throw;
  }
}

nb::tuple fit(const nb::dict& options, nb::handle on_progress) {
  pipeline::FitRequest request = request_of(options);
  PythonWatcher watcher(on_progress);
  request.execution.poll = [&watcher] { watcher.poll(); };
  pipeline::Fitted fitted = [&] {
    const nb::gil_scoped_release release;
    return watched_fit(request, watcher);
  }();
  return nb::make_tuple(nb::cast(std::move(fitted.model)), to_dict(fitted.outcome));
}

/// `outputs`, or outputs and something beside them.
using OutputsOf = Matrix<double> (pipeline::Model::*)(MatrixView<const double>,
                                                      const Execution&) const;
template <OutputsOf found_by>
void outputs(const pipeline::Model& model, const Input& rows, const Output& out, Threads threads) {
  const auto from = matrix<double>(rows);
  const auto to = matrix<double>(out);
  const nb::gil_scoped_release release;
  const Matrix<double> found = (model.*found_by)(from, interruptible(threads));
  for (Index i = 0; i < to.rows; ++i) std::copy_n(found.row(i), to.cols, to.row(i));
}

Matrix<double> outputs_and_intervals(const pipeline::Model& model, const Input& rows, double level,
                                     Threads threads) {
  const auto from = matrix<double>(rows);
  const nb::gil_scoped_release release;
  return model.outputs_and_intervals(from, level, interruptible(threads));
}

Matrix<double> outputs_of_file(const pipeline::Model& model, const std::string& data,
                               const io::ReadOptions& reading, Threads threads) {
  const nb::gil_scoped_release release;
  return pipeline::predict(model, data, reading, interruptible(threads));
}

/// The model's regression, of standardised inputs.
nb::object regression_of(const pipeline::Model& model) {
  return std::visit(
      []<template <class> class Regression, Scalar T>(const Regression<T>& fitted) {
        if constexpr (std::same_as<Regression<T>, RidgeRegression<T>>) {
          return nb::cast(AnyRidge{fitted});
        } else {
          return nb::cast(AnyLogistic{fitted});
        }
      },
      model.regression);
}

Archive archive_of(const pipeline::Model& model) {
  const nb::gil_scoped_release release;
  return pipeline::to_archive(model);
}

pipeline::Model model_of(const Archive& archive) {
  const nb::gil_scoped_release release;
  return pipeline::from_archive(archive);
}

pipeline::Model load(const std::string& path) {
  const nb::gil_scoped_release release;
  return pipeline::load_model(path);
}

void save(const pipeline::Model& model, const std::string& path) {
  const nb::gil_scoped_release release;
  pipeline::save_model(model, path);
}

nb::dict table(const std::string& path, const nb::dict& reading) {
  const io::ReadOptions options = reading_of(reading);
  const io::Table read = [&] {
    const nb::gil_scoped_release release;
    return io::read_table(path, options);
  }();
  nb::dict out;
  out["rows"] = to_numpy(read.rows.view());
  out["columns"] = read.columns;
  out["layout"] = read.layout;
  out["digest"] = read.digest;
  out["counted"] = read.counted;
  out["lines"] = to_numpy(std::span<const Index>(read.lines));
  return out;
}

}  // namespace

void define_models(nb::module_& m) {
  using pipeline::Model;
  nb::class_<Model>(m, "Model")
      .def_static("load", [](nb::handle words,
                             nb::handle arrays) { return model_of(to_archive(words, arrays)); })
      .def("save", [](const Model& model) { return to_python(archive_of(model)); })
      .def_ro("inputs", &Model::inputs)
      .def_ro("targets", &Model::targets)
      .def_ro("places", &Model::places)
      .def_ro("named", &Model::named)
      .def_ro("file_columns", &Model::file_columns)
      .def_ro("classes", &Model::classes)
      .def_prop_ro("centre", [](const Model& model) { return model.standardisation.centre; })
      .def_prop_ro("scale", [](const Model& model) { return model.standardisation.scale; })
      .def_ro("data_digest", &Model::data_digest)
      .def_ro("num_rows", &Model::num_rows)
      .def_prop_ro("spec", [](const Model& model) { return model.spec(); })
      .def_prop_ro("ridge", &Model::ridge)
      .def_prop_ro("num_outputs", &Model::num_outputs)
      .def_prop_ro("probabilistic", &Model::probabilistic)
      .def_prop_ro("has_posterior", &Model::has_posterior)
      .def_prop_ro("has_intervals", &Model::has_intervals)
      .def("regression", &regression_of)
      .def_prop_ro("has_feature_errors", &Model::has_feature_errors)
      .def("outputs", &outputs<&Model::outputs>, nb::arg("rows"), nb::arg("out"),
           nb::arg("num_threads").none())
      .def("outputs_and_variances", &outputs<&Model::outputs_and_variances>, nb::arg("rows"),
           nb::arg("out"), nb::arg("num_threads").none())
      .def("outputs_and_feature_errors", &outputs<&Model::outputs_and_feature_errors>,
           nb::arg("rows"), nb::arg("out"), nb::arg("num_threads").none())
      .def(
          "outputs_and_intervals",
          [](const Model& model, const Input& rows, double level, Threads threads) {
            const Matrix<double> out = outputs_and_intervals(model, rows, level, threads);
            return to_numpy(out.view());
          },
          nb::arg("rows"), nb::arg("level"), nb::arg("num_threads").none())
      .def(
          "outputs_of_file",
          [](const Model& model, const std::string& data, const nb::dict& reading,
             Threads threads) {
            const Matrix<double> out = outputs_of_file(model, data, reading_of(reading), threads);
            return to_numpy(out.view());
          },
          nb::arg("data"), nb::arg("reading"), nb::arg("num_threads").none());
  m.def("read_table", &table, nb::arg("path"), nb::arg("reading"));
  m.def("fit_model", &fit, nb::arg("request"), nb::arg("on_progress").none());
  m.def("load_model", &load, nb::arg("path"));
  m.def("save_model", &save, nb::arg("model"), nb::arg("path"));
}

}  // namespace bochner::python
