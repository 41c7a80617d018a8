// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/result_errors.hpp"
#include "bochner/client/regression/ridge_feature_errors.hpp"
#include "bochner/estimator/feature_error.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/kept_models.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/records.hpp"
#include "interface/python/registry.hpp"
#include "interface/python/regression.hpp"

#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// \file
/// How far results depend on the draw of the frequencies.

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

FeatureErrorOptions error_options(const char* function, const std::string& resampling,
                                  Index replicates, std::uint64_t seed) {
  const std::string name = std::string(function) + ": resampling";
  return {choice<Resampling>(name.c_str(), resampling), replicates, {seed}};
}

/// Python's function of weights; called with the interpreter's lock, which `feature_error` keeps.
nb::dict error_of(const FeatureMapSpec& spec, nb::handle functional, const std::string& resampling,
                  Index replicates, std::uint64_t seed) {
  return to_dict(feature_error(
      spec,
      [&](std::span<const double> weights) {
        return nb::cast<std::vector<double>>(functional(to_numpy(weights)));
      },
      error_options("feature_error", resampling, replicates, seed)));
}

nb::dict error_of_pair(const FeatureMapSpec& x, const FeatureMapSpec& y, nb::handle functional,
                       const std::string& resampling, Index replicates, std::uint64_t seed) {
  return to_dict(feature_error(
      x, y,
      [&](std::span<const double> of_x, std::span<const double> of_y) {
        return nb::cast<std::vector<double>>(functional(to_numpy(of_x), to_numpy(of_y)));
      },
      error_options("feature_error", resampling, replicates, seed)));
}

nb::dict two_samples(const AnyMap& map, const Input& x, const Input& y,
                     const std::string& resampling, Index replicates, std::uint64_t seed,
                     Threads threads) {
  const FeatureErrorOptions options =
      error_options("two_sample_error", resampling, replicates, seed);
  return to_dict(unlocked(x, [&]<class T>() {
    return two_sample_error<T>(map.in<T>(), matrix<T>(x), matrix<T>(y), options,
                               interruptible(threads));
  }));
}

nb::dict independence(const AnyMap& map_x, const Input& x, const AnyMap& map_y, const Input& y,
                      const std::string& resampling, Index replicates, std::uint64_t seed,
                      Threads threads) {
  const FeatureErrorOptions options =
      error_options("independence_error", resampling, replicates, seed);
  return to_dict(unlocked(x, [&]<class T>() {
    return independence_error<T>(map_x.in<T>(), matrix<T>(x), map_y.in<T>(), matrix<T>(y), options,
                                 interruptible(threads));
  }));
}

nb::dict eigenvalues(const AnyMap& map, const Input& x, Index count, const std::string& resampling,
                     Index replicates, std::uint64_t seed, Threads threads) {
  const FeatureErrorOptions options =
      error_options("eigenvalue_error", resampling, replicates, seed);
  return to_dict(unlocked(x, [&]<class T>() {
    return eigenvalue_error<T>(map.in<T>(), matrix<T>(x), count, options, interruptible(threads));
  }));
}

nb::dict components(const AnyMap& map, const Input& x, Index count, const std::string& resampling,
                    Index replicates, std::uint64_t seed, Threads threads) {
  const FeatureErrorOptions options =
      error_options("principal_component_error", resampling, replicates, seed);
  return to_dict(unlocked(x, [&]<class T>() {
    return principal_component_error<T>(map.in<T>(), matrix<T>(x), count, options,
                                        interruptible(threads));
  }));
}

/// Of the error of one result.
Index frequencies_for(double standard_error, Index num_frequencies, Index block_size,
                      double wanted) {
  const FeatureErrors errors{.value = {0.0},
                             .standard_error = {standard_error},
                             .bias = {0.0},
                             .degrees_of_freedom = {0.0},
                             .num_frequencies = num_frequencies,
                             .block_size = block_size};
  return errors.frequencies_needed(0, wanted);
}

struct AnyRidgeErrors {
  std::variant<RidgeFeatureErrors<float>, RidgeFeatureErrors<double>> model;
};

AnyRidgeErrors ridge_errors(AnyEquations& equations, double ridge, bool intercept,
                            const std::string& resampling, Index replicates, std::uint64_t seed,
                            Threads threads) {
  const RidgeOptions options{.ridge = ridge, .intercept = intercept_of(intercept)};
  const FeatureErrorOptions others =
      error_options("RidgeFeatureErrors", resampling, replicates, seed);
  return equations.alone([&](const AnyEquations::Sums& held) {
    return std::visit(
        [&]<class T>(const NormalEquations<T>& sums) {
          return AnyRidgeErrors{
              RidgeFeatureErrors<T>(sums, options, others, interruptible(threads))};
        },
        held);
  });
}

void predict(const AnyRidgeErrors& errors, const Input& x, const Output& out, const Output& error,
             Threads threads) {
  unlocked(x, [&]<class T>() {
    std::get<RidgeFeatureErrors<T>>(errors.model)
        .predict(matrix<T>(x), matrix<double>(out), matrix<double>(error), interruptible(threads));
  });
}

}  // namespace

void define_feature_errors(nb::module_& m) {
  m.def("frequencies_needed_for", &frequencies_for, nb::arg("standard_error"),
        nb::arg("num_frequencies"), nb::arg("block_size"), nb::arg("wanted"));
  define_kept_models<AnyRidgeErrors, RidgeFeatureErrors>(m, "RidgeErrors")
      .def_prop_ro("num_targets",
                   [](const AnyRidgeErrors& any) {
                     return std::visit([](const auto& held) { return held.num_targets(); },
                                       any.model);
                   })
      .def_prop_ro("degrees_of_freedom",
                   [](const AnyRidgeErrors& any) {
                     return std::visit([](const auto& held) { return held.degrees_of_freedom(); },
                                       any.model);
                   })
      .def("predict", &predict, nb::arg("x"), nb::arg("out"), nb::arg("error"),
           nb::arg("num_threads").none());
  m.def("ridge_errors", &ridge_errors, nb::arg("equations"), nb::arg("ridge"), nb::arg("intercept"),
        nb::arg("resampling"), nb::arg("replicates"), nb::arg("seed"),
        nb::arg("num_threads").none());
  m.def("feature_error", &error_of, nb::arg("spec"), nb::arg("functional"), nb::arg("resampling"),
        nb::arg("replicates"), nb::arg("seed"));
  m.def("feature_error_of_pair", &error_of_pair, nb::arg("x"), nb::arg("y"), nb::arg("functional"),
        nb::arg("resampling"), nb::arg("replicates"), nb::arg("seed"));
  m.def("two_sample_error", &two_samples, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("resampling"), nb::arg("replicates"), nb::arg("seed"),
        nb::arg("num_threads").none());
  m.def("independence_error", &independence, nb::arg("map_x"), nb::arg("x"), nb::arg("map_y"),
        nb::arg("y"), nb::arg("resampling"), nb::arg("replicates"), nb::arg("seed"),
        nb::arg("num_threads").none());
  m.def("eigenvalue_error", &eigenvalues, nb::arg("map"), nb::arg("x"), nb::arg("count"),
        nb::arg("resampling"), nb::arg("replicates"), nb::arg("seed"),
        nb::arg("num_threads").none());
  m.def("principal_component_error", &components, nb::arg("map"), nb::arg("x"), nb::arg("count"),
        nb::arg("resampling"), nb::arg("replicates"), nb::arg("seed"),
        nb::arg("num_threads").none());
}

}  // namespace bochner::python
