// SPDX-License-Identifier: Apache-2.0
#include "interface/python/archives.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"
#include "interface/python/regression.hpp"

#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

/// \file
/// Classes, folds, and models that are judged on rows they have not seen.

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

nb::object to_numpy_array(const std::vector<Index>& values) {
  return to_numpy(std::span<const Index>(values));
}

// --- folds and classes ---------------------------------------------------------------------------

nb::tuple to_tuple(const Folds& folds) {
  return nb::make_tuple(folds.count, to_numpy_array(folds.fold), to_numpy_array(folds.unit),
                        folds.num_units);
}

std::vector<Index> labels_of(const Input& columns) {
  return unlocked(columns, [&]<class T>() { return group_labels<T>(matrix<T>(columns)); });
}

std::vector<Index> repeated(const Input& x) {
  return unlocked(x, [&]<class T>() { return repeated_columns<T>(matrix<T>(x)); });
}

void fill_class_targets(const Input& labels, const Output& out) {
  const auto numbers = vector<Index>(labels);
  unlocked(out, [&]<class T>() {
    const auto to = matrix<T>(out);
    const Matrix<T> targets = class_targets<T>(numbers, to.cols);
    for (Index i = 0; i < to.rows; ++i) {
      for (Index c = 0; c < to.cols; ++c) to(i, c) = targets(i, c);
    }
  });
}

std::vector<Index> largest(const Input& outputs) {
  return unlocked(outputs, [&]<class T>() { return largest_output<T>(matrix<T>(outputs)); });
}

// --- logistic regression -------------------------------------------------------------------------

LogisticOptions options_of(double ridge, bool intercept, double tolerance, Index max_steps) {
  return {ridge, intercept_of(intercept), tolerance, max_steps};
}

AnyLogistic fit_logistic(const AnyMap& map, const Input& x, const Input& labels,
                         const Maybe& weights, Index num_classes, double ridge, bool intercept,
                         double tolerance, Index max_steps, Threads threads) {
  const LogisticOptions options = options_of(ridge, intercept, tolerance, max_steps);
  return unlocked(x, [&]<class T>() {
    return AnyLogistic{LogisticRegression<T>(map.in<T>(), labelled_rows_of<T>(x, labels, weights),
                                             num_classes, options, interruptible(threads))};
  });
}

void predict_probabilities(const AnyLogistic& logistic, const Input& x, const Output& out,
                           Threads threads) {
  unlocked(x, [&]<class T>() {
    std::get<LogisticRegression<T>>(logistic.model)
        .predict_probabilities(matrix<T>(x), matrix<T>(out), interruptible(threads));
  });
}

std::vector<Index> predict(const AnyLogistic& logistic, const Input& x, Threads threads) {
  return unlocked(x, [&]<class T>() {
    return std::get<LogisticRegression<T>>(logistic.model)
        .predict(matrix<T>(x), interruptible(threads));
  });
}

nb::dict options_of(const AnyLogistic& logistic) {
  const LogisticOptions options =
      std::visit([](const auto& model) { return model.options(); }, logistic.model);
  nb::dict out = to_dict(options);
  out["intercept"] = options.intercept == Intercept::fitted;
  return out;
}

nb::object coefficients(const AnyLogistic& logistic) {
  return std::visit([](const auto& model) { return to_numpy(model.coefficients().view()); },
                    logistic.model);
}

nb::object intercepts(const AnyLogistic& logistic) {
  return std::visit([](const auto& model) { return to_numpy(model.intercepts()); }, logistic.model);
}

Archive archive_of(const AnyLogistic& logistic) {
  const nb::gil_scoped_release release;
  return std::visit([](const auto& model) { return model.save(); }, logistic.model);
}

AnyLogistic load_logistic(const Archive& archive) {
  const nb::gil_scoped_release release;
  if (archive.word("scalar") == "float") return {LogisticRegression<float>::load(archive)};
  return {LogisticRegression<double>::load(archive)};
}

// --- validation and search -----------------------------------------------------------------------

nb::dict validate_ridge(const AnyMap& map, const Input& x, const Input& y, const Maybe& weights,
                        const std::vector<double>& ridges, Index count, const Input& fold,
                        const Input& unit, Index num_units, const std::string& loss, bool intercept,
                        Threads threads) {
  const Folds folds = folds_of(count, fold, unit, num_units);
  const auto judged_by = choice<Loss>("cross_validate: loss", loss);
  return to_dict(unlocked(x, [&]<class T>() {
    return cross_validate<T>(map.in<T>(), rows_of<T>(x, y, weights), ridges, folds, judged_by,
                             intercept_of(intercept), interruptible(threads));
  }));
}

nb::dict validate_logistic(const AnyMap& map, const Input& x, const Input& labels,
                           const Maybe& weights, Index num_classes,
                           const std::vector<double>& ridges, Index count, const Input& fold,
                           const Input& unit, Index num_units, bool intercept, double tolerance,
                           Index max_steps, Threads threads) {
  const Folds folds = folds_of(count, fold, unit, num_units);
  LogisticOptions options;
  options.intercept = intercept_of(intercept);
  options.tolerance = tolerance;
  options.max_steps = max_steps;
  return to_dict(unlocked(x, [&]<class T>() {
    return cross_validate_logistic<T>(map.in<T>(), labelled_rows_of<T>(x, labels, weights),
                                      num_classes, ridges, folds, options, interruptible(threads));
  }));
}

nb::dict search(const FeatureMapSpec& spec, const Input& x, const Input& y, const Maybe& weights,
                std::vector<Kernel> kernels, const std::string& lengthscales,
                std::vector<double> ridges, const std::string& criterion, const std::string& loss,
                Index num_folds, const std::optional<Input>& groups, bool intercept,
                Index search_rows, Index search_features, Index final_rows, Index max_candidates,
                std::uint64_t seed, nb::handle on_candidate, Threads threads) {
  SearchOptions options;
  options.kernels = std::move(kernels);
  options.lengthscales =
      choice<LengthscaleSearch>("search_hyperparameters: lengthscales", lengthscales);
  options.ridges = std::move(ridges);
  options.criterion = choice<Criterion>("search_hyperparameters: criterion", criterion);
  options.loss = choice<Loss>("search_hyperparameters: loss", loss);
  options.num_folds = num_folds;
  if (groups) {
    const auto labels = vector<Index>(*groups);
    options.groups.assign(labels.begin(), labels.end());
  }
  options.intercept = intercept_of(intercept);
  options.search_rows = search_rows;
  options.search_features = search_features;
  options.final_rows = final_rows;
  options.max_candidates = max_candidates;
  options.seed = {seed};
  if (!on_candidate.is_none()) {
    options.on_candidate = [on_candidate](const SearchCandidate& candidate) {
      const nb::gil_scoped_acquire acquire;
      on_candidate(to_dict(candidate));
    };
  }
  return to_dict(unlocked(x, [&]<class T>() {
    return search_hyperparameters<T>(spec, rows_of<T>(x, y, weights), options,
                                     interruptible(threads));
  }));
}

void define_logistic(nb::module_& m) {
  nb::class_<AnyLogistic>(m, "Logistic")
      .def_static("load",
                  [](nb::handle words, nb::handle arrays) {
                    return load_logistic(to_archive(words, arrays));
                  })
      .def("save", [](const AnyLogistic& logistic) { return to_python(archive_of(logistic)); })
      .def("predict_probabilities", &predict_probabilities, nb::arg("x"), nb::arg("out"),
           nb::arg("num_threads").none())
      .def(
          "predict",
          [](const AnyLogistic& logistic, const Input& x, Threads threads) {
            return to_numpy_array(predict(logistic, x, threads));
          },
          nb::arg("x"), nb::arg("num_threads").none())
      .def_prop_ro("options", [](const AnyLogistic& logistic) { return options_of(logistic); })
      .def_prop_ro("report",
                   [](const AnyLogistic& logistic) {
                     return to_dict(std::visit([](const auto& model) { return model.report(); },
                                               logistic.model));
                   })
      .def_prop_ro("single",
                   [](const AnyLogistic& logistic) { return logistic.model.index() == 0; })
      .def_prop_ro("spec",
                   [](const AnyLogistic& logistic) {
                     return std::visit([](const auto& model) { return model.map().spec(); },
                                       logistic.model);
                   })
      .def("coefficients", &coefficients)
      .def("intercepts", &intercepts);
  m.def("fit_logistic", &fit_logistic, nb::arg("map"), nb::arg("x"), nb::arg("labels"),
        nb::arg("weights").none(), nb::arg("num_classes"), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("tolerance"), nb::arg("max_steps"), nb::arg("num_threads").none());
}

}  // namespace

void define_validation(nb::module_& m) {
  define_logistic(m);
  m.def(
      "row_folds",
      [](Index num_rows, Index count, std::uint64_t seed) {
        return to_tuple(row_folds(num_rows, count, {seed}));
      },
      nb::arg("num_rows"), nb::arg("count"), nb::arg("seed"));
  m.def(
      "group_folds",
      [](const Input& groups, Index count, std::uint64_t seed) {
        return to_tuple(group_folds(vector<Index>(groups), count, {seed}));
      },
      nb::arg("groups"), nb::arg("count"), nb::arg("seed"));
  m.def(
      "group_labels", [](const Input& columns) { return to_numpy_array(labels_of(columns)); },
      nb::arg("columns"));
  m.def("repeated_columns", &repeated, nb::arg("x"));
  m.def("class_targets", &fill_class_targets, nb::arg("labels"), nb::arg("out"));
  m.def(
      "largest_output", [](const Input& outputs) { return to_numpy_array(largest(outputs)); },
      nb::arg("outputs"));
  m.def("cross_validate", &validate_ridge, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("weights").none(), nb::arg("ridges"), nb::arg("count"), nb::arg("fold"),
        nb::arg("unit"), nb::arg("num_units"), nb::arg("loss"), nb::arg("intercept"),
        nb::arg("num_threads").none());
  m.def("cross_validate_logistic", &validate_logistic, nb::arg("map"), nb::arg("x"),
        nb::arg("labels"), nb::arg("weights").none(), nb::arg("num_classes"), nb::arg("ridges"),
        nb::arg("count"), nb::arg("fold"), nb::arg("unit"), nb::arg("num_units"),
        nb::arg("intercept"), nb::arg("tolerance"), nb::arg("max_steps"),
        nb::arg("num_threads").none());
  m.def("search_hyperparameters", &search, nb::arg("spec"), nb::arg("x"), nb::arg("y"),
        nb::arg("weights").none(), nb::arg("kernels"), nb::arg("lengthscales"), nb::arg("ridges"),
        nb::arg("criterion"), nb::arg("loss"), nb::arg("num_folds"), nb::arg("groups").none(),
        nb::arg("intercept"), nb::arg("search_rows"), nb::arg("search_features"),
        nb::arg("final_rows"), nb::arg("max_candidates"), nb::arg("seed"),
        nb::arg("on_candidate").none(), nb::arg("num_threads").none());
}

}  // namespace bochner::python
