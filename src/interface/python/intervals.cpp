// SPDX-License-Identifier: Apache-2.0
#include "interface/python/interrupt.hpp"
#include "interface/python/kept_models.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"
#include "interface/python/regression.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

/// \file
/// Intervals and label sets.

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

struct AnyIntervals {
  std::variant<PredictionIntervals<float>, PredictionIntervals<double>> model;
};

struct AnyLabelSets {
  std::variant<LabelSets<float>, LabelSets<double>> model;
};

AnyIntervals leave_rows_out(const AnyMap& map, const Input& x, const Input& y, const Maybe& weights,
                            double ridge, bool intercept, Threads threads) {
  const RidgeOptions options{.ridge = ridge, .intercept = intercept_of(intercept)};
  return unlocked(x, [&]<class T>() {
    return AnyIntervals{PredictionIntervals<T>(map.in<T>(), rows_of<T>(x, y, weights), options,
                                               interruptible(threads))};
  });
}

AnyIntervals leave_folds_out(const AnyMap& map, const Input& x, const Input& y,
                             const Maybe& weights, Index count, const Input& fold,
                             const Input& unit, Index num_units, double ridge, bool intercept,
                             Threads threads) {
  const Folds folds = folds_of(count, fold, unit, num_units);
  const RidgeOptions options{.ridge = ridge, .intercept = intercept_of(intercept)};
  return unlocked(x, [&]<class T>() {
    return AnyIntervals{PredictionIntervals<T>(map.in<T>(), rows_of<T>(x, y, weights), folds,
                                               options, interruptible(threads))};
  });
}

void predict(const AnyIntervals& intervals, const Input& x, double level, const Output& lower,
             const Output& upper, Threads threads) {
  unlocked(x, [&]<class T>() {
    std::get<PredictionIntervals<T>>(intervals.model)
        .predict(matrix<T>(x), level, matrix<double>(lower), matrix<double>(upper),
                 interruptible(threads));
  });
}

AnyLabelSets logistic_label_sets(const AnyMap& map, const Input& x, const Input& labels,
                                 const Maybe& weights, Index num_classes, Index count,
                                 const Input& fold, const Input& unit, Index num_units,
                                 double ridge, bool intercept, double tolerance, Index max_steps,
                                 Threads threads) {
  const Folds folds = folds_of(count, fold, unit, num_units);
  const LogisticOptions options{ridge, intercept_of(intercept), tolerance, max_steps};
  return unlocked(x, [&]<class T>() {
    return AnyLabelSets{LabelSets<T>(map.in<T>(), labelled_rows_of<T>(x, labels, weights),
                                     num_classes, folds, options, interruptible(threads))};
  });
}

AnyLabelSets squared_label_sets(const AnyMap& map, const Input& x, const Input& labels,
                                const Maybe& weights, Index num_classes, Index count,
                                const Input& fold, const Input& unit, Index num_units, double ridge,
                                bool intercept, Threads threads) {
  const Folds folds = folds_of(count, fold, unit, num_units);
  const RidgeOptions options{.ridge = ridge, .intercept = intercept_of(intercept)};
  return unlocked(x, [&]<class T>() {
    return AnyLabelSets{LabelSets<T>(map.in<T>(), labelled_rows_of<T>(x, labels, weights),
                                     num_classes, folds, options, interruptible(threads))};
  });
}

void p_values(const AnyLabelSets& sets, const Input& x, const Output& out, Threads threads) {
  unlocked(x, [&]<class T>() {
    std::get<LabelSets<T>>(sets.model)
        .p_values(matrix<T>(x), matrix<double>(out), interruptible(threads));
  });
}

/// 1 for the classes in a row's set.
void members(const AnyLabelSets& sets, const Input& x, double level, const Output& out,
             Threads threads) {
  unlocked(x, [&]<class T>() {
    const auto to = matrix<double>(out);
    const auto found =
        std::get<LabelSets<T>>(sets.model).predict(matrix<T>(x), level, interruptible(threads));
    for (Index i = 0; i < to.rows; ++i) {
      for (const Index c : found[static_cast<std::size_t>(i)]) to(i, c) = 1.0;
    }
  });
}

/// What the classes have in common.
template <class Any, template <class> class Held>
nb::class_<Any> define(nb::module_& m, const char* name) {
  return define_kept_models<Any, Held>(m, name).def_prop_ro("num_rows", [](const Any& held) {
    return std::visit([](const auto& model) { return model.num_rows(); }, held.model);
  });
}

}  // namespace

void define_intervals(nb::module_& m) {
  define<AnyIntervals, PredictionIntervals>(m, "Intervals")
      .def_prop_ro("num_targets",
                   [](const AnyIntervals& held) {
                     return std::visit([](const auto& model) { return model.num_targets(); },
                                       held.model);
                   })
      .def_prop_ro("highest_level",
                   [](const AnyIntervals& held) {
                     return std::visit([](const auto& model) { return model.highest_level(); },
                                       held.model);
                   })
      .def("predict", &predict, nb::arg("x"), nb::arg("level"), nb::arg("lower"), nb::arg("upper"),
           nb::arg("num_threads").none());
  define<AnyLabelSets, LabelSets>(m, "LabelSets")
      .def_prop_ro("num_classes",
                   [](const AnyLabelSets& held) {
                     return std::visit([](const auto& model) { return model.num_classes(); },
                                       held.model);
                   })
      .def_prop_ro("scored_by",
                   [](const AnyLabelSets& held) {
                     return std::string(name_of(std::visit(
                         [](const auto& model) { return model.scored_by(); }, held.model)));
                   })
      .def("p_values", &p_values, nb::arg("x"), nb::arg("out"), nb::arg("num_threads").none())
      .def("members", &members, nb::arg("x"), nb::arg("level"), nb::arg("out"),
           nb::arg("num_threads").none());
  m.def("leave_rows_out", &leave_rows_out, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("weights").none(), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("num_threads").none());
  m.def("leave_folds_out", &leave_folds_out, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("weights").none(), nb::arg("count"), nb::arg("fold"), nb::arg("unit"),
        nb::arg("num_units"), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("num_threads").none());
  m.def("logistic_label_sets", &logistic_label_sets, nb::arg("map"), nb::arg("x"),
        nb::arg("labels"), nb::arg("weights").none(), nb::arg("num_classes"), nb::arg("count"),
        nb::arg("fold"), nb::arg("unit"), nb::arg("num_units"), nb::arg("ridge"),
        nb::arg("intercept"), nb::arg("tolerance"), nb::arg("max_steps"),
        nb::arg("num_threads").none());
  m.def("squared_label_sets", &squared_label_sets, nb::arg("map"), nb::arg("x"), nb::arg("labels"),
        nb::arg("weights").none(), nb::arg("num_classes"), nb::arg("count"), nb::arg("fold"),
        nb::arg("unit"), nb::arg("num_units"), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("num_threads").none());
}

}  // namespace bochner::python
