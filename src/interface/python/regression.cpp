// SPDX-License-Identifier: Apache-2.0
#include "interface/python/regression.hpp"

#include "bochner/core/error.hpp"
#include "bochner/io/archive.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"

#include <nanobind/stl/vector.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

RidgeOptions make_options(const char* posterior_of, double ridge, bool intercept,
                          const std::string& posterior) {
  return {ridge, intercept_of(intercept), choice<Posterior>(posterior_of, posterior)};
}

AnyRidge solve(AnyEquations& equations, double ridge, bool intercept, const std::string& posterior,
               Threads threads) {
  const RidgeOptions options =
      make_options("RidgeRegression: posterior", ridge, intercept, posterior);
  return equations.alone([&](const AnyEquations::Sums& held) {
    return std::visit(
        [&]<class T>(const NormalEquations<T>& sums) {
          return AnyRidge{RidgeRegression<T>(sums, options, interruptible(threads))};
        },
        held);
  });
}

AnyRidge ridge_of(const AnyMap& map, bool single, double ridge, bool intercept,
                  const Input& coefficients, std::vector<double> intercepts,
                  std::vector<double> noise_variances) {
  const auto from = matrix<double>(coefficients);
  const nb::gil_scoped_release release;
  Matrix<double> theta(from.rows, from.cols);
  for (Index i = 0; i < from.rows; ++i) {
    for (Index j = 0; j < from.cols; ++j) theta(i, j) = from(i, j);
  }
  const RidgeOptions options{ridge, intercept_of(intercept), Posterior::mean};
  if (single) {
    return {RidgeRegression<float>(map.in<float>(), options, std::move(theta),
                                   std::move(intercepts), std::move(noise_variances))};
  }
  return {RidgeRegression<double>(map.in<double>(), options, std::move(theta),
                                  std::move(intercepts), std::move(noise_variances))};
}

void predict(const AnyRidge& ridge, const Input& x, const Output& out, Threads threads) {
  unlocked(x, [&]<class T>() {
    const auto& model = std::get<RidgeRegression<T>>(ridge.model);
    if (is_single(out)) {
      model.predict(matrix<T>(x), matrix<float>(out), interruptible(threads));
    } else {
      model.predict(matrix<T>(x), matrix<double>(out), interruptible(threads));
    }
  });
}

void predict_with_variance(const AnyRidge& ridge, const Input& x, const Output& out,
                           const Output& variance, Threads threads) {
  unlocked(x, [&]<class T>() {
    const auto& model = std::get<RidgeRegression<T>>(ridge.model);
    const auto to = matrix<double>(variance);
    if (is_single(out)) {
      model.predict_with_variance(matrix<T>(x), matrix<float>(out), to, interruptible(threads));
    } else {
      model.predict_with_variance(matrix<T>(x), matrix<double>(out), to, interruptible(threads));
    }
  });
}

AnyRidge sample(const AnyRidge& ridge, Index target, Index count, std::uint64_t seed,
                Threads threads) {
  const nb::gil_scoped_release release;
  return std::visit(
      [&](const auto& model) {
        return AnyRidge{model.sample(target, count, {seed}, interruptible(threads))};
      },
      ridge.model);
}

void leave_one_out(const AnyRidge& ridge, const Input& x, const Input& y, const Maybe& weights,
                   const Output& residual, Threads threads) {
  unlocked(x, [&]<class T>() {
    std::get<RidgeRegression<T>>(ridge.model)
        .leave_one_out(rows_of<T>(x, y, weights), matrix<double>(residual), interruptible(threads));
  });
}

nb::dict options_of(const AnyRidge& ridge) {
  const RidgeOptions options =
      std::visit([](const auto& model) { return model.options(); }, ridge.model);
  nb::dict out = to_dict(options);
  out["intercept"] = options.intercept == Intercept::fitted;
  return out;
}

nb::object coefficients(const AnyRidge& ridge) {
  return std::visit([](const auto& model) { return to_numpy(model.coefficients().view()); },
                    ridge.model);
}

nb::object intercepts(const AnyRidge& ridge) {
  return std::visit([](const auto& model) { return to_numpy(model.intercepts()); }, ridge.model);
}

nb::object noise_variances(const AnyRidge& ridge) {
  return std::visit([](const auto& model) { return to_numpy(model.noise_variances()); },
                    ridge.model);
}

Archive archive_of(const AnyRidge& ridge) {
  const nb::gil_scoped_release release;
  return std::visit([](const auto& model) { return model.save(); }, ridge.model);
}

AnyRidge load_ridge(const Archive& archive) {
  const nb::gil_scoped_release release;
  if (archive.word("scalar") == "float") return {RidgeRegression<float>::load(archive)};
  return {RidgeRegression<double>::load(archive)};
}

nb::tuple fit(const AnyMap& map, const Input& x, const Input& y, const Maybe& weights, double ridge,
              bool intercept, const std::string& posterior, const std::string& solver,
              double tolerance, Index max_iterations, Index sketch_rows, std::uint64_t seed,
              nb::handle on_iteration, Threads threads) {
  FitOptions options;
  ridge_options(options) = make_options("fit_ridge: posterior", ridge, intercept, posterior);
  options.solver = choice<Solver>("fit_ridge: solver", solver);
  options.tolerance = tolerance;
  options.max_iterations = max_iterations;
  options.sketch_rows = sketch_rows;
  options.seed = {seed};
  if (!on_iteration.is_none()) {
    options.on_iteration = [on_iteration](Index iterations, double residual) {
      const nb::gil_scoped_acquire acquire;
      on_iteration(iterations, residual);
    };
  }
  FitReport report;
  AnyRidge fitted = unlocked(x, [&]<class T>() {
    RidgeFit<T> made =
        fit_ridge<T>(map.in<T>(), rows_of<T>(x, y, weights), options, interruptible(threads));
    report = made.report;
    return AnyRidge{std::move(made.model)};
  });
  return nb::make_tuple(nb::cast(std::move(fitted)), to_dict(report));
}

nb::dict path(AnyEquations& equations, const std::vector<double>& ridges, bool intercept,
              Threads threads) {
  return to_dict(equations.alone([&](const AnyEquations::Sums& held) {
    return std::visit(
        [&](const auto& sums) {
          return ridge_path(sums, ridges, intercept_of(intercept), interruptible(threads));
        },
        held);
  }));
}

std::vector<double> leverage(AnyEquations& equations, double ridge, bool intercept,
                             Threads threads) {
  return equations.alone([&](const AnyEquations::Sums& held) {
    return std::visit(
        [&](const auto& sums) {
          return ridge_leverage(sums, ridge, intercept_of(intercept), interruptible(threads));
        },
        held);
  });
}

void write(const std::string& path, nb::handle words, nb::handle arrays) {
  const Archive archive = to_archive(words, arrays);
  const nb::gil_scoped_release release;
  io::write_archive(path, archive);
}

Archive read(const std::string& path) {
  const nb::gil_scoped_release release;
  return io::read_archive(path);
}

nb::bytes bytes_of(nb::handle words, nb::handle arrays) {
  const std::vector<std::byte> bytes = io::to_bytes(to_archive(words, arrays));
  return nb::bytes(bytes.data(), bytes.size());
}

nb::tuple parse(const nb::bytes& bytes) {
  try {
    return to_python(
        io::parse_archive({static_cast<const std::byte*>(bytes.data()), bytes.size()}));
  } catch (const FileError& error) {
    throw nb::value_error(error.what());
  }
}

}  // namespace

void define_regression(nb::module_& m) {
  nb::class_<AnyRidge>(m, "Ridge")
      .def_static("load", [](nb::handle words,
                             nb::handle arrays) { return load_ridge(to_archive(words, arrays)); })
      .def("save", [](const AnyRidge& ridge) { return to_python(archive_of(ridge)); })
      .def("predict", &predict, nb::arg("x"), nb::arg("out"), nb::arg("num_threads").none())
      .def("predict_with_variance", &predict_with_variance, nb::arg("x"), nb::arg("out"),
           nb::arg("variance"), nb::arg("num_threads").none())
      .def("sample", &sample, nb::arg("target"), nb::arg("count"), nb::arg("seed"),
           nb::arg("num_threads").none())
      .def("leave_one_out", &leave_one_out, nb::arg("x"), nb::arg("y"), nb::arg("weights").none(),
           nb::arg("residual"), nb::arg("num_threads").none())
      .def_prop_ro("options", [](const AnyRidge& ridge) { return options_of(ridge); })
      .def_prop_ro("single", [](const AnyRidge& ridge) { return ridge.model.index() == 0; })
      .def_prop_ro("spec",
                   [](const AnyRidge& ridge) {
                     return std::visit([](const auto& model) { return model.map().spec(); },
                                       ridge.model);
                   })
      .def("coefficients", &coefficients)
      .def("intercepts", &intercepts)
      .def("noise_variances", &noise_variances);
  m.def("solve_ridge", &solve, nb::arg("equations"), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("posterior"), nb::arg("num_threads").none());
  m.def("ridge_of", &ridge_of, nb::arg("map"), nb::arg("single"), nb::arg("ridge"),
        nb::arg("intercept"), nb::arg("coefficients"), nb::arg("intercepts"),
        nb::arg("noise_variances"));
  m.def("fit_ridge", &fit, nb::arg("map"), nb::arg("x"), nb::arg("y"), nb::arg("weights").none(),
        nb::arg("ridge"), nb::arg("intercept"), nb::arg("posterior"), nb::arg("solver"),
        nb::arg("tolerance"), nb::arg("max_iterations"), nb::arg("sketch_rows"), nb::arg("seed"),
        nb::arg("on_iteration").none(), nb::arg("num_threads").none());
  m.def("ridge_path", &path, nb::arg("equations"), nb::arg("ridges"), nb::arg("intercept"),
        nb::arg("num_threads").none());
  m.def("ridge_leverage", &leverage, nb::arg("equations"), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("num_threads").none());
  m.def("write_archive", &write, nb::arg("path"), nb::arg("words"), nb::arg("arrays"));
  m.def("archive_to_bytes", &bytes_of, nb::arg("words"), nb::arg("arrays"));
  m.def("archive_from_bytes", &parse, nb::arg("bytes"));
  m.def(
      "read_archive", [](const std::string& path) { return to_python(read(path)); },
      nb::arg("path"));
}

}  // namespace bochner::python
