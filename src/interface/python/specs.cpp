// SPDX-License-Identifier: Apache-2.0
#include "bochner/feature_map.hpp"
#include "feature_map/suitable_map.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace bochner::python {
namespace {

FeatureMapSpec make_spec(Index input_dim, Index num_frequencies, Kernel kernel,
                         Projection projection, FeatureFunction features, std::uint64_t seed,
                         std::optional<PairTransform> transform) {
  FeatureMapSpec spec{.input_dim = input_dim,
                      .num_frequencies = num_frequencies,
                      .kernel = std::move(kernel),
                      .projection = std::move(projection),
                      .features = std::move(features),
                      .seed = {seed},
                      .transform = transform.value_or(PairTransform{})};
  validate(spec);
  return spec;
}

nb::tuple spec_values(const FeatureMapSpec& spec) {
  return nb::make_tuple(spec.input_dim, spec.num_frequencies, spec.kernel, spec.projection,
                        spec.features, spec.seed.value, spec.transform);
}

std::string spec_repr(const FeatureMapSpec& spec) {
  static constexpr const char* kNames[] = {
      "", "", "kernel=", "projection=", "features=", "seed=", "transform="};
  const nb::tuple values = spec_values(spec);
  const std::size_t count = spec.transform == PairTransform{} ? values.size() - 1 : values.size();
  std::string out = "FeatureMapSpec(";
  for (std::size_t i = 0; i < count; ++i) {
    out +=
        (i > 0 ? ", " : "") + std::string(kNames[i]) + nb::cast<std::string>(nb::repr(values[i]));
  }
  return out + ")";
}

nb::object spec_equal(const FeatureMapSpec& a, nb::handle other) {
  if (!nb::isinstance<FeatureMapSpec>(other)) return nb::borrow(nb::handle(Py_NotImplemented));
  return nb::cast(a == nb::cast<const FeatureMapSpec&>(other));
}

nb::object spec_replace(nb::handle self, const nb::kwargs& changes) {
  const auto& spec = nb::cast<const FeatureMapSpec&>(self);
  nb::dict all;
  all["input_dim"] = spec.input_dim;
  all["num_frequencies"] = spec.num_frequencies;
  all["kernel"] = spec.kernel;
  all["projection"] = spec.projection;
  all["features"] = spec.features;
  all["seed"] = spec.seed.value;
  all["transform"] = spec.transform;
  all.update(changes);
  return self.type()(**all);
}

void define_spec(nb::module_& m) {
  nb::class_<FeatureMapSpec> spec =
      nb::borrow<nb::class_<FeatureMapSpec>>(nb::type<FeatureMapSpec>());
  spec.def(
          "__init__",
          [](FeatureMapSpec* self, Index input_dim, Index num_frequencies, Kernel kernel,
             Projection projection, FeatureFunction features, std::uint64_t seed,
             std::optional<PairTransform> transform) {
            new (self) FeatureMapSpec(make_spec(input_dim, num_frequencies, std::move(kernel),
                                                std::move(projection), std::move(features), seed,
                                                std::move(transform)));
          },
          nb::arg("input_dim"), nb::arg("num_frequencies"), nb::arg("kernel") = Kernel{},
          nb::arg("projection") = Projection(OrthogonalProjection{}),
          nb::arg("features") = FeatureFunction{}, nb::arg("seed") = 0,
          nb::arg("transform") = nb::none())
      .def_static(
          "parse", [](const std::string& text) { return parse_spec(text); }, nb::arg("text"),
          "The spec that ``str(spec)`` wrote.")
      .def_ro("input_dim", &FeatureMapSpec::input_dim)
      .def_ro("num_frequencies", &FeatureMapSpec::num_frequencies)
      .def_prop_ro("kernel", [](const FeatureMapSpec& s) { return s.kernel; })
      .def_prop_ro("projection", [](const FeatureMapSpec& s) { return s.projection; })
      .def_prop_ro("features", [](const FeatureMapSpec& s) { return s.features; })
      .def_prop_ro("seed", [](const FeatureMapSpec& s) { return s.seed.value; })
      .def_prop_ro("transform", [](const FeatureMapSpec& s) { return s.transform; })
      .def_prop_ro(
          "num_features", [](const FeatureMapSpec& s) { return num_features(s); },
          "Columns of phi.")
      .def("__repr__", &spec_repr)
      .def("__str__", [](const FeatureMapSpec& s) { return to_text(s); })
      .def("__eq__", &spec_equal, nb::arg("other").none(),
           nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__", [](const FeatureMapSpec& s) { return nb::hash(spec_values(s)); })
      .def("__reduce__",
           [](nb::handle self) {
             return nb::make_tuple(self.type(), spec_values(nb::cast<const FeatureMapSpec&>(self)));
           })
      .def("__replace__", &spec_replace,
           nb::sig("def __replace__(self, /, **changes: object) -> FeatureMapSpec"));

  m.def("incompatibility", &incompatibility, nb::arg("kernel"), nb::arg("projection"),
        nb::arg("features"));
  m.def(
      "suitable_map",
      [](const Kernel& kernel, const std::optional<FeatureFunction>& features,
         const std::optional<Projection>& projection) {
        feature_map::SuitableMap map = feature_map::suitable_map(kernel, features, projection);
        return std::pair(std::move(map.features), std::move(map.projection));
      },
      nb::arg("kernel"), nb::arg("features").none(), nb::arg("projection").none());
  m.def("num_frequencies_for", &num_frequencies_for, nb::arg("features"), nb::arg("num_features"));
  m.def("parse_kernel", [](const std::string& text) { return parse_kernel(text); });
  m.def("parse_projection", [](const std::string& text) { return parse_projection(text); });
  m.def("parse_features", [](const std::string& text) { return parse_features(text); });
}

/// A number that the caller of `function` passed; what is not one is refused by name.
double number(const char* function, const char* argument, nb::handle value) {
  if (PyBool_Check(value.ptr()) == 0 && PyNumber_Check(value.ptr()) != 0) {
    const double converted = PyFloat_AsDouble(value.ptr());
    if (PyErr_Occurred() == nullptr) return converted;
    PyErr_Clear();
  }
  throw nb::type_error((std::string(function) + ": " + argument + " is " +
                        nb::cast<std::string>(nb::repr(value)) + ", expected a number")
                           .c_str());
}

Index whole_number(const char* function, const char* argument, nb::handle value) {
  if (PyBool_Check(value.ptr()) == 0 && PyIndex_Check(value.ptr()) != 0) {
    const Py_ssize_t converted = PyNumber_AsSsize_t(value.ptr(), nullptr);
    if (PyErr_Occurred() == nullptr) return converted;
    PyErr_Clear();
  }
  throw nb::type_error((std::string(function) + ": " + argument + " is " +
                        nb::cast<std::string>(nb::repr(value)) + ", expected an integer")
                           .c_str());
}

template <class A>
nb::class_<A> class_of() {
  return nb::borrow<nb::class_<A>>(nb::type<A>());
}

/// Kernels by the numbers that other libraries and papers have for them.
void define_named_kernels() {
  class_of<GaussianKernel>()
      .def_static(
          "from_gamma",
          [](nb::handle gamma) {
            return GaussianKernel::from_gamma(number("GaussianKernel.from_gamma", "gamma", gamma));
          },
          nb::arg("gamma").none(), nb::sig("def from_gamma(gamma: float) -> GaussianKernel"),
          "``exp(-gamma |x - y|^2)``, as scikit-learn and libsvm have it: lengthscale ``1 / sqrt(2 "
          "gamma)``.")
      .def_static(
          "from_width",
          [](nb::handle width) {
            return GaussianKernel::from_width(number("GaussianKernel.from_width", "width", width));
          },
          nb::arg("width").none(), nb::sig("def from_width(width: float) -> GaussianKernel"),
          "``exp(-|x - y|^2 / width)``, as shogun has it: lengthscale ``sqrt(width / 2)``.");
  class_of<SoftmaxKernel>().def_static(
      "for_dimension",
      [](nb::handle head_dim) {
        return SoftmaxKernel::for_dimension(
            whole_number("SoftmaxKernel.for_dimension", "head_dim", head_dim));
      },
      nb::arg("head_dim").none(), nb::sig("def for_dimension(head_dim: int) -> SoftmaxKernel"),
      "The kernel of scaled dot-product attention: scale ``1 / sqrt(head_dim)``.");
  class_of<ArcCosineKernel>().def_static(
      "relu_attention",
      [](nb::handle epsilon) {
        return ArcCosineKernel::relu_attention(
            number("ArcCosineKernel.relu_attention", "epsilon", epsilon));
      },
      nb::arg("epsilon").none() = 1e-3,
      nb::sig("def relu_attention(epsilon: float = 0.001) -> ArcCosineKernel"),
      "Generalised attention with rectified linear units: features ``sqrt(2) (max(p, 0) + "
      "epsilon)``.");
}

}  // namespace

void define_specs(nb::module_& core) {
  // Options have a module of their own, all of which the package exports.
  nb::module_ m = core.def_submodule("options", "The classes of which specs are made.");
  declare_alternatives<Metric>(m, "");
  declare_alternatives<Kernel>(m, "Kernel");
  declare_alternatives<Projection>(m, "Projection");
  declare_alternatives<FeatureFunction>(m, "Features");
  declare_options<SpectralComponent>(m, "SpectralComponent");
  declare_options<KernelTerm>(m, "KernelTerm");
  declare_options<PairTransform>(m, "PairTransform");
  nb::class_<FeatureMapSpec>(m, "FeatureMapSpec", docstring("FeatureMapSpec"), nb::is_final());

  define_alternatives<Metric>(core, "metrics");
  define_options<SpectralComponent>();
  define_options<KernelTerm>();
  define_options<PairTransform>();
  define_alternatives<Kernel>(core, "kernels");
  define_named_kernels();
  define_alternatives<Projection>(core, "projections");
  define_alternatives<FeatureFunction>(core, "feature_functions");
  define_spec(core);
}

}  // namespace bochner::python
