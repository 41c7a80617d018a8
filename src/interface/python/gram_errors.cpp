// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/certificate.hpp"
#include "bochner/client/gram/compare.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/gram.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/module.hpp"

#include <nanobind/stl/pair.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

using Ends = std::pair<double, double>;

Ends ends(const Interval& interval) { return {interval.low, interval.high}; }

nb::dict by_sampling(const AnyGram& any, const ExactGram& exact, Index samples, std::uint64_t seed,
                     Threads threads) {
  return to_dict(unlocked_in(any, [&]<class T>() {
    return sampled_error(any.in<T>(), exact, {.samples = samples, .seed = {seed}},
                         interruptible(threads));
  }));
}

nb::dict by_probes(const AnyGram& any, const ExactGram& exact, Index probes, std::uint64_t seed,
                   Threads threads) {
  return to_dict(unlocked_in(any, [&]<class T>() {
    return hutchinson_error(any.in<T>(), exact, {.probes = probes, .seed = {seed}},
                            interruptible(threads));
  }));
}

nb::dict in_spectral_norm(const AnyGram& any, const ExactGram& exact, double tolerance,
                          Index max_steps, std::uint64_t seed, Threads threads) {
  return to_dict(unlocked_in(any, [&]<class T>() {
    return spectral_error(any.in<T>(), exact,
                          {.tolerance = tolerance, .max_steps = max_steps, .seed = {seed}},
                          interruptible(threads));
  }));
}

nb::dict ends_of_spectrum(const AnyGram& any, const AnyShiftedGram& shifted, const ExactGram& exact,
                          double tolerance, Index max_steps, std::uint64_t seed, Threads threads) {
  return to_dict(unlocked_in(any, [&]<class T>() {
    return delta_spectral(any.in<T>(), shifted.in<T>(), exact,
                          {.tolerance = tolerance, .max_steps = max_steps, .seed = {seed}},
                          interruptible(threads));
  }));
}

nb::tuple norm_of(const ExactGram& exact, Threads threads) {
  GramNorm norm;
  {
    const nb::gil_scoped_release release;
    norm = squared_norm(exact, interruptible(threads));
  }
  return nb::make_tuple(norm.squared, norm.squared_off_diagonal);
}

Ends interval_of(double squared_error, double standard_error, double least, Index samples,
                 double level) {
  return ends(SampledGramError{squared_error, standard_error, least, samples}.interval(level));
}

std::optional<Ends> relative_to(double squared_error, double standard_error, double least,
                                Index samples, double squared, double squared_off_diagonal,
                                double level) {
  const std::optional<Interval> interval = relative_interval(
      {squared_error, standard_error, least, samples}, {squared, squared_off_diagonal}, level);
  return interval ? std::optional(ends(*interval)) : std::nullopt;
}

nb::list compare(const FeatureMapSpec& spec, const Input& x, Index memory, double seconds,
                 const std::vector<std::string>& pivotings, Index samples, std::uint64_t seed,
                 Threads threads) {
  std::vector<Pivoting> methods;
  for (const std::string& word : pivotings) {
    methods.push_back(choice<Pivoting>("compare_approximations: pivoting", word));
  }
  const std::vector<ComparedGram> compared = unlocked(x, [&]<class T>() {
    return compare_approximations(spec, matrix<T>(x), {.memory = memory, .seconds = seconds},
                                  methods, {.samples = samples, .seed = {seed}},
                                  interruptible(threads));
  });
  nb::list out;
  for (const ComparedGram& method : compared) {
    nb::dict row;
    row["pivoting"] =
        method.pivoting ? nb::cast(std::string(name_of(*method.pivoting))) : nb::object(nb::none());
    row["columns"] = method.columns;
    row["nbytes"] = method.bytes;
    row["seconds"] = method.seconds;
    row["error"] = to_dict(method.error);
    out.append(row);
  }
  return out;
}

}  // namespace

void define_gram_errors(nb::module_& m) {
  m.def("sampled_error", &by_sampling, nb::arg("gram"), nb::arg("exact"), nb::arg("samples"),
        nb::arg("seed"), nb::arg("num_threads").none());
  m.def("hutchinson_error", &by_probes, nb::arg("gram"), nb::arg("exact"), nb::arg("probes"),
        nb::arg("seed"), nb::arg("num_threads").none());
  m.def("spectral_error", &in_spectral_norm, nb::arg("gram"), nb::arg("exact"),
        nb::arg("tolerance"), nb::arg("max_steps"), nb::arg("seed"), nb::arg("num_threads").none());
  m.def("delta_spectral", &ends_of_spectrum, nb::arg("gram"), nb::arg("shifted"), nb::arg("exact"),
        nb::arg("tolerance"), nb::arg("max_steps"), nb::arg("seed"), nb::arg("num_threads").none());
  m.def("squared_norm", &norm_of, nb::arg("exact"), nb::arg("num_threads").none());
  m.def("sampled_interval", &interval_of, nb::arg("squared_error"), nb::arg("standard_error"),
        nb::arg("least"), nb::arg("samples"), nb::arg("level"));
  m.def("relative_interval", &relative_to, nb::arg("squared_error"), nb::arg("standard_error"),
        nb::arg("least"), nb::arg("samples"), nb::arg("squared"), nb::arg("squared_off_diagonal"),
        nb::arg("level"));
  m.def("compare_approximations", &compare, nb::arg("spec"), nb::arg("x"), nb::arg("memory"),
        nb::arg("seconds"), nb::arg("pivotings"), nb::arg("samples"), nb::arg("seed"),
        nb::arg("num_threads").none());
}

}  // namespace bochner::python
