// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/data_scale.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"
#include "interface/python/scale_rules.hpp"
#include "kernel/standard_form.hpp"

#include <nanobind/stl/pair.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

void evaluate_pairs(const Kernel& kernel, const Input& x, const Input& y, const Output& out) {
  const auto a = matrix<double>(x);
  const auto b = matrix<double>(y);
  const auto to = vector<double>(out);
  const nb::gil_scoped_release release;
  for (Index i = 0; i < a.rows; ++i) {
    to[static_cast<std::size_t>(i)] = evaluate(kernel, a.row(i), b.row(i), a.cols);
  }
}

/// A, dim x dim, of which the kernel sees A x.
void transform_into(const Kernel& kernel, const Output& out) {
  const auto to = matrix<double>(out);
  const nb::gil_scoped_release release;
  const InputTransform transform = standard_form(kernel, to.cols).transform;
  std::vector<double> unit(static_cast<std::size_t>(to.cols));
  std::vector<double> column(unit.size());
  for (Index j = 0; j < to.cols; ++j) {
    unit[static_cast<std::size_t>(j)] = 1.0;
    transform.apply(unit.data(), column.data());
    unit[static_cast<std::size_t>(j)] = 0.0;
    for (Index i = 0; i < to.rows; ++i) to(i, j) = column[static_cast<std::size_t>(i)];
  }
}

/// Whether frequencies are standard normal with exponentials or waves as features, and whether the
/// kernel is exp(A x . A y).
std::pair<bool, bool> law_of(const Kernel& kernel, Index dim) {
  const SpectralMeasure measure = spectral_measure(kernel);
  return {is_normal(measure) && !measure.rectifier(), takes_matrix(standard_form(kernel, dim))};
}

/// None without an array.
std::span<const double> weights_in(const Maybe& weights) {
  return weights ? vector<double>(*weights) : std::span<const double>{};
}

double median(const Input& x, const Maybe& weights) {
  return unlocked(x,
                  [&]<class T>() { return median_lengthscale(matrix<T>(x), weights_in(weights)); });
}

double mean_square(const Input& x, const Input& y) {
  const nb::gil_scoped_release release;
  return mean_square_sum(matrix<double>(x), matrix<double>(y));
}

double scale_for(const Input& x, const Input& y, double target) {
  const nb::gil_scoped_release release;
  return softmax_scale_for(matrix<double>(x), matrix<double>(y), target);
}

Kernel scaled(const Kernel& kernel, const Input& x, const std::string& rule, const Maybe& weights) {
  const ScaleRule chosen = scale_rule("with_scale: rule", rule);
  const nb::gil_scoped_release release;
  return with_scale(kernel, chosen, matrix<double>(x), weights_in(weights));
}

}  // namespace

void define_kernels(nb::module_& m) {
  m.def("evaluate", &evaluate_pairs, nb::arg("kernel"), nb::arg("x"), nb::arg("y"), nb::arg("out"));
  m.def("kernel_transform", &transform_into, nb::arg("kernel"), nb::arg("out"));
  m.def("kernel_law", &law_of, nb::arg("kernel"), nb::arg("dim"));
  m.def("median_lengthscale", &median, nb::arg("x"), nb::arg("weights").none());
  m.def("mean_square_sum", &mean_square, nb::arg("x"), nb::arg("y"));
  m.def("softmax_scale_for", &scale_for, nb::arg("x"), nb::arg("y"), nb::arg("target"));
  m.def("with_scale", &scaled, nb::arg("kernel"), nb::arg("x"), nb::arg("rule"),
        nb::arg("weights").none());
}

}  // namespace bochner::python
