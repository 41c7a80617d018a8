// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/clusters.hpp"
#include "bochner/client/gram/conditional_independence.hpp"
#include "bochner/client/gram/independence.hpp"
#include "bochner/client/gram/two_sample.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/gram.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/records.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

AnyComponents components_of(const AnyMap& map, const Input& x, Index count, Threads threads) {
  return unlocked(x, [&]<class T>() {
    return AnyComponents{
        KernelPrincipalComponents<T>(map.in<T>(), matrix<T>(x), count, interruptible(threads))};
  });
}

template <class Quantity>
auto quantity(Quantity of) {
  return [of](const AnyComponents& any) { return std::visit(of, any.value); };
}

std::vector<double> variances(const AnyComponents& any) {
  return unlocked_in(any, [&]<class T>() {
    const std::span<const double> all = any.in<T>().variances();
    return std::vector<double>(all.begin(), all.end());
  });
}

nb::tuple saved(const AnyComponents& any) {
  Archive archive;
  {
    const nb::gil_scoped_release release;
    archive = std::visit([](const auto& components) { return components.save(); }, any.value);
  }
  return to_python(archive);
}

AnyComponents loaded(const AnyMap& map, bool single, nb::handle words, nb::handle arrays) {
  const Archive archive = to_archive(words, arrays);
  const nb::gil_scoped_release release;
  if (single) return {KernelPrincipalComponents<float>::load(map.in<float>(), archive)};
  return {KernelPrincipalComponents<double>::load(map.in<double>(), archive)};
}

void transform(const AnyComponents& any, const Input& x, const Output& out, Threads threads) {
  unlocked_in(any, [&]<class T>() {
    any.in<T>().transform(matrix<T>(x), matrix<double>(out), interruptible(threads));
  });
}

nb::dict clusters_of(const AnyGram& any, Index clusters, Index restarts, Index max_iterations,
                     std::uint64_t seed, const Output& labels, const Output& centres,
                     Threads threads) {
  double inertia = 0.0;
  Index iterations = 0;
  bool converged = false;
  unlocked_in(any, [&]<class T>() {
    const KernelClusters found = kernel_kmeans(any.in<T>(),
                                               {.clusters = clusters,
                                                .restarts = restarts,
                                                .max_iterations = max_iterations,
                                                .seed = {seed}},
                                               interruptible(threads));
    std::copy(found.labels.begin(), found.labels.end(), vector<Index>(labels).begin());
    const auto to = matrix<double>(centres);
    for (Index j = 0; j < to.rows; ++j) std::copy_n(found.centres.row(j), to.cols, to.row(j));
    inertia = found.inertia;
    iterations = found.iterations;
    converged = found.converged;
  });
  nb::dict out;
  out["inertia"] = inertia;
  out["iterations"] = iterations;
  out["converged"] = converged;
  return out;
}

void nearest(const AnyGram& any, const Input& centres, const Output& labels, Threads threads) {
  unlocked_in(any, [&]<class T>() {
    const std::vector<Index> found =
        nearest_clusters(any.in<T>(), matrix<double>(centres), interruptible(threads));
    std::copy(found.begin(), found.end(), vector<Index>(labels).begin());
  });
}

/// Fills the permuted values and returns the statistic and its p-value.
nb::tuple outcome(const KernelTest& test, const Output& permuted) {
  std::copy(test.permuted.begin(), test.permuted.end(), vector<double>(permuted).begin());
  return nb::make_tuple(test.statistic, test.p_value);
}

/// As many permutations as there is room for; none by the limit law.
KernelTestOptions options(const Output& permuted, const std::string& null, const std::string& law,
                          std::uint64_t seed) {
  return {.null = choice<NullLaw>("null", null),
          .law = choice<ChiSquareLaw>("law", law),
          .permutations = std::max<Index>(static_cast<Index>(permuted.shape(0)), 1),
          .seed = {seed}};
}

nb::tuple two_samples(const AnyGram& pooled, Index first_rows, const std::string& null,
                      const std::string& law, std::uint64_t seed, const Output& permuted,
                      Threads threads) {
  const KernelTestOptions chosen = options(permuted, null, law, seed);
  return outcome(unlocked_in(pooled,
                             [&]<class T>() {
                               return two_sample_test(pooled.in<T>(), first_rows, chosen,
                                                      interruptible(threads));
                             }),
                 permuted);
}

nb::tuple two_samples_exactly(const ExactGram& pooled, Index first_rows, const std::string& null,
                              const std::string& law, std::uint64_t seed, const Output& permuted,
                              Threads threads) {
  const KernelTestOptions chosen = options(permuted, null, law, seed);
  KernelTest test;
  {
    const nb::gil_scoped_release release;
    test = two_sample_test(pooled, first_rows, chosen, interruptible(threads));
  }
  return outcome(test, permuted);
}

nb::tuple two_samples_of_rows(const AnyMap& map, const Input& x, const Input& y,
                              const std::string& null, const std::string& law, std::uint64_t seed,
                              const Output& permuted, Threads threads) {
  const KernelTestOptions chosen = options(permuted, null, law, seed);
  return outcome(unlocked(x,
                          [&]<class T>() {
                            return two_sample_test(map.in<T>(), matrix<T>(x), matrix<T>(y), chosen,
                                                   interruptible(threads));
                          }),
                 permuted);
}

nb::tuple independence(const AnyGram& x, const AnyGram& y, const std::string& null,
                       const std::string& law, std::uint64_t seed, const Output& permuted,
                       Threads threads) {
  const KernelTestOptions chosen = options(permuted, null, law, seed);
  return outcome(unlocked_in(x,
                             [&]<class T>() {
                               return independence_test(x.in<T>(), y.in<T>(), chosen,
                                                        interruptible(threads));
                             }),
                 permuted);
}

nb::dict conditional_independence(const Input& x, const Input& y, const Input& z,
                                  const std::string& test, Index features, Index condition_features,
                                  const std::string& null, const std::string& law,
                                  Index permutations, Index draws, std::uint64_t seed,
                                  Threads threads) {
  const ConditionalIndependenceOptions options{.test = choice<ConditionalTest>("test", test),
                                               .features = features,
                                               .condition_features = condition_features,
                                               .null = choice<NullLaw>("null", null),
                                               .law = choice<ChiSquareLaw>("law", law),
                                               .permutations = permutations,
                                               .draws = draws,
                                               .seed = {seed}};
  ConditionalIndependence found;
  {
    const nb::gil_scoped_release release;
    found = conditional_independence_test(matrix<double>(x), matrix<double>(y), matrix<double>(z),
                                          options, interruptible(threads));
  }
  nb::dict out = to_dict(found);
  out["p_values"] = to_numpy(std::span<const double>(found.p_values));
  return out;
}

}  // namespace

void define_gram_clients(nb::module_& m) {
  nb::class_<AnyComponents>(m, "Components")
      .def_prop_ro("num_components", quantity([](const auto& c) { return c.num_components(); }))
      .def_prop_ro("total_variance", quantity([](const auto& c) { return c.total_variance(); }))
      .def_prop_ro("is_single", &AnyComponents::is_single)
      .def_prop_ro("variances", &variances)
      .def("save", &saved)
      .def("transform", &transform, nb::arg("x"), nb::arg("out"), nb::arg("num_threads").none());
  m.def("components_of", &components_of, nb::arg("map"), nb::arg("x"), nb::arg("count"),
        nb::arg("num_threads").none());
  m.def("load_components", &loaded, nb::arg("map"), nb::arg("single"), nb::arg("words"),
        nb::arg("arrays"));
  m.def("kernel_kmeans", &clusters_of, nb::arg("gram"), nb::arg("clusters"), nb::arg("restarts"),
        nb::arg("max_iterations"), nb::arg("seed"), nb::arg("labels"), nb::arg("centres"),
        nb::arg("num_threads").none());
  m.def("nearest_clusters", &nearest, nb::arg("gram"), nb::arg("centres"), nb::arg("labels"),
        nb::arg("num_threads").none());
  m.def("two_sample_test", &two_samples, nb::arg("pooled"), nb::arg("first_rows"), nb::arg("null"),
        nb::arg("law"), nb::arg("seed"), nb::arg("permuted"), nb::arg("num_threads").none());
  m.def("two_sample_test_exact", &two_samples_exactly, nb::arg("pooled"), nb::arg("first_rows"),
        nb::arg("null"), nb::arg("law"), nb::arg("seed"), nb::arg("permuted"),
        nb::arg("num_threads").none());
  m.def("two_sample_test_of_rows", &two_samples_of_rows, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("null"), nb::arg("law"), nb::arg("seed"), nb::arg("permuted"),
        nb::arg("num_threads").none());
  m.def("independence_test", &independence, nb::arg("x"), nb::arg("y"), nb::arg("null"),
        nb::arg("law"), nb::arg("seed"), nb::arg("permuted"), nb::arg("num_threads").none());
  m.def("conditional_independence_test", &conditional_independence, nb::arg("x"), nb::arg("y"),
        nb::arg("z"), nb::arg("test"), nb::arg("features"), nb::arg("condition_features"),
        nb::arg("null"), nb::arg("law"), nb::arg("permutations"), nb::arg("draws"), nb::arg("seed"),
        nb::arg("num_threads").none());
}

}  // namespace bochner::python
