// SPDX-License-Identifier: Apache-2.0
#include "bochner/feature_map.hpp"
#include "estimator/row_law.hpp"
#include "feature_map/suitable_map.hpp"
#include "features/row_law.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bochner::python {
namespace {

Kernel kernel_of(const std::string& place, nb::handle value) {
  return itself_or_text<Kernel>(place, value, "a kernel (bochner.kernels)", &parse_kernel);
}

Projection projection_of(const std::string& place, nb::handle value) {
  return itself_or_text<Projection>(place, value, "a projection (bochner.projections)",
                                    &parse_projection);
}

FeatureFunction features_of(const std::string& place, nb::handle value) {
  return itself_or_text<FeatureFunction>(
      place, value, "a feature function (bochner.feature_functions)", &parse_features);
}

/// None is the identity.
PairTransform transform_of(const std::string& place, nb::handle value) {
  if (value.is_none()) return {};
  return itself_or_text<PairTransform>(place, value, "a PairTransform", [](std::string_view text) {
    PairTransform out;
    text::read(text::parse_value(text), out);
    return out;
  });
}

FeatureMapSpec spec_of(const std::string& place, nb::handle value) {
  return itself_or_text<FeatureMapSpec>(place, value, "a FeatureMapSpec", &parse_spec);
}

void construct_spec(FeatureMapSpec* self, const nb::args& by_position, const nb::kwargs& by_name) {
  const Arguments given(
      "FeatureMapSpec",
      {"input_dim", "num_frequencies", "kernel", "projection", "features", "seed", "transform"},
      by_position, by_name);
  const FeatureMapSpec defaults;
  FeatureMapSpec spec{.input_dim = given.get<Index>(0),
                      .num_frequencies = given.get<Index>(1),
                      .kernel = given.get(2, defaults.kernel, &kernel_of),
                      .projection = given.get(3, defaults.projection, &projection_of),
                      .features = given.get(4, defaults.features, &features_of),
                      .seed = {given.get<std::uint64_t>(5, defaults.seed.value)},
                      .transform = given.get(6, defaults.transform, &transform_of)};
  validate(spec);
  new (self) FeatureMapSpec(std::move(spec));
}

/// Its signature, with the defaults as Python writes them.
std::string spec_signature() {
  const FeatureMapSpec defaults;
  const auto argument = [](const char* name, const std::string& type, const nb::object& value) {
    return std::string(", ") + name + ": " + type +
           " | str = " + nb::cast<std::string>(nb::repr(value));
  };
  return "def __init__(self, input_dim: int, num_frequencies: int" +
         argument("kernel", Outer<Kernel>::type(), nb::cast(defaults.kernel)) +
         argument("projection", Outer<Projection>::type(), nb::cast(defaults.projection)) +
         argument("features", Outer<FeatureFunction>::type(), nb::cast(defaults.features)) +
         ", seed: int = 0, transform: PairTransform | str | None = None) -> None";
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

/// What a frequency w contributes, of x~ = A x: which function of w.x~, whether -w counts, too, and
/// the a of weights exp(a |w|^2), one or one per direction.
nb::tuple feature_law(const FeatureFunction& features) {
  const RowLaw law = estimator::row_law(features);
  const bool exponentials = law.argument == RowLaw::Argument::sum;
  const bool waves = law.argument == RowLaw::Argument::difference && law.phase_variance == 0.0;
  return nb::make_tuple(exponentials ? "exponentials"
                        : waves      ? "waves"
                                     : "other",
                        law.sides == RowLaw::Sides::both,
                        law.directions.empty() ? std::vector<double>{law.a} : law.directions);
}

void define_spec(nb::module_& m) {
  nb::class_<FeatureMapSpec> spec =
      nb::borrow<nb::class_<FeatureMapSpec>>(nb::type<FeatureMapSpec>());
  spec.def("__init__", &construct_spec, nb::sig(spec_signature().c_str()))
      .def_static(
          "parse",
          [](const nb::args& by_position, const nb::kwargs& by_name) {
            return parse_spec(Arguments("FeatureMapSpec.parse", {"text"}, by_position, by_name)
                                  .get<std::string>(0));
          },
          nb::sig("def parse(text: str) -> FeatureMapSpec"), "The spec that ``str(spec)`` wrote.")
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

  m.def("feature_law", &feature_law, nb::arg("features"),
        nb::sig("def feature_law(features: object) -> tuple[str, bool, list[float]]"));
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
  m.def("with_frequencies", &with_frequencies);
  m.def("num_frequencies_for", &num_frequencies_for, nb::arg("features"), nb::arg("num_features"));
  m.def("kernel_of", &kernel_of, nb::arg("place"), nb::arg("value").none());
  m.def("projection_of", &projection_of, nb::arg("place"), nb::arg("value").none());
  m.def("features_of", &features_of, nb::arg("place"), nb::arg("value").none());
  m.def("spec_of", &spec_of, nb::arg("place"), nb::arg("value").none());
}

/// Adds a static function that makes a kernel of its arguments.
template <class A>
void define_named(const char* name, std::vector<std::string> arguments,
                  const std::string& signature, A (*make)(const Arguments&), const char* doc) {
  nb::class_<A> kernel = nb::borrow<nb::class_<A>>(nb::type<A>());
  const std::string owner = own_name(kernel);
  kernel.def_static(
      name,
      [function = owner + "." + name, arguments = std::move(arguments), make](
          const nb::args& by_position, const nb::kwargs& by_name) {
        return make(Arguments(function, arguments, by_position, by_name));
      },
      nb::sig(("def " + std::string(name) + "(" + signature + ") -> " + owner).c_str()), doc);
}

/// Kernels by the numbers that other libraries and papers have for them.
void define_named_kernels() {
  define_named<GaussianKernel>(
      "from_gamma", {"gamma"}, "gamma: float",
      [](const Arguments& given) { return GaussianKernel::from_gamma(given.get<double>(0)); },
      "``exp(-gamma |x - y|^2)``, as scikit-learn and libsvm have it: lengthscale ``1 / sqrt(2 "
      "gamma)``.");
  define_named<GaussianKernel>(
      "from_width", {"width"}, "width: float",
      [](const Arguments& given) { return GaussianKernel::from_width(given.get<double>(0)); },
      "``exp(-|x - y|^2 / width)``, as shogun has it: lengthscale ``sqrt(width / 2)``.");
  define_named<ProductLaplacianKernel>(
      "from_gamma", {"gamma"}, "gamma: float",
      [](const Arguments& given) {
        return ProductLaplacianKernel::from_gamma(given.get<double>(0));
      },
      "``exp(-gamma |x - y|_1)``, as scikit-learn has it: lengthscale ``1 / gamma``.");
  define_named<PolynomialKernel>(
      "from_gamma", {"gamma", "coef0", "degree"},
      "gamma: float, coef0: float = 1.0, degree: int = 3",
      [](const Arguments& given) {
        return PolynomialKernel::from_gamma(given.get<double>(0), given.get<double>(1, 1.0),
                                            given.get<int>(2, 3));
      },
      "``(gamma x.y + coef0)^degree``, as scikit-learn and libsvm have it.");
  define_named<SoftmaxKernel>(
      "for_dimension", {"head_dim"}, "head_dim: int",
      [](const Arguments& given) { return SoftmaxKernel::for_dimension(given.get<Index>(0)); },
      "The kernel of scaled dot-product attention: scale ``1 / sqrt(head_dim)``.");
  define_named<ArcCosineKernel>(
      "relu_attention", {"epsilon"}, "epsilon: float = 0.001",
      [](const Arguments& given) {
        return ArcCosineKernel::relu_attention(given.get<double>(0, 1e-3));
      },
      "Generalised attention with rectified linear units: features ``sqrt(2) (max(p, 0) + "
      "epsilon)``.");
}

}  // namespace

void define_specs(nb::module_& core) {
  // Options have a module of their own, all of which the package exports.
  nb::module_ m = core.def_submodule(
      "options", "The classes of options, those of which specs are made among them.");
  declare_given_frequencies(m);
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
