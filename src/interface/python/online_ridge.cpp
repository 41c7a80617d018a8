// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/online_ridge.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/regression.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// A model that changes: one call at a time.
struct AnyOnlineRidge {
  using Held = std::variant<OnlineRidge<float>, OnlineRidge<double>>;
  explicit AnyOnlineRidge(Held held) : value("OnlineRidge", std::move(held)) {}

  Guarded<Held> value;
};

AnyOnlineRidge* make(AnyEquations& equations, double ridge, bool intercept, Threads threads) {
  const RidgeOptions options{.ridge = ridge, .intercept = intercept_of(intercept)};
  return new AnyOnlineRidge(equations.alone([&](const AnyEquations::Sums& held) {
    return std::visit(
        [&]<class T>(const NormalEquations<T>& sums) {
          return AnyOnlineRidge::Held(OnlineRidge<T>(sums, options, interruptible(threads)));
        },
        held);
  }));
}

template <class Body>
void change(AnyOnlineRidge& any, const Body& body) {
  const nb::gil_scoped_release release;
  any.value.change([&](AnyOnlineRidge::Held& held) { std::visit(body, held); });
}

void add(AnyOnlineRidge& any, const Input& x, const Input& y, const Maybe& weights,
         Threads threads) {
  change(any, [&]<class T>(OnlineRidge<T>& model) {
    model.add(rows_of<T>(x, y, weights), interruptible(threads));
  });
}

void remove(AnyOnlineRidge& any, const Input& x, const Input& y, const Maybe& weights,
            Threads threads) {
  change(any, [&]<class T>(OnlineRidge<T>& model) {
    model.remove(rows_of<T>(x, y, weights), interruptible(threads));
  });
}

template <class Of>
auto look(Of of) {
  return [of](const AnyOnlineRidge& any) {
    const nb::gil_scoped_release release;
    return any.value.look([&](const AnyOnlineRidge::Held& held) { return std::visit(of, held); });
  };
}

}  // namespace

void define_online_ridge(nb::module_& m) {
  nb::class_<AnyOnlineRidge>(m, "OnlineRidge")
      .def(nb::new_(&make), nb::arg("equations"), nb::arg("ridge"), nb::arg("intercept"),
           nb::arg("num_threads").none())
      .def("add", &add, nb::arg("x"), nb::arg("y"), nb::arg("weights").none(),
           nb::arg("num_threads").none())
      .def("remove", &remove, nb::arg("x"), nb::arg("y"), nb::arg("weights").none(),
           nb::arg("num_threads").none())
      .def(
          "forget",
          [](AnyOnlineRidge& any, double factor) {
            change(any, [&](auto& model) { model.forget(factor); });
          },
          nb::arg("factor"))
      .def("model", look([](const auto& model) { return AnyRidge{model.model({1})}; }))
      .def_prop_ro("num_rows", look([](const auto& model) { return model.num_rows(); }))
      .def_prop_ro("weight", look([](const auto& model) { return model.weight(); }))
      .def_prop_ro("penalty", look([](const auto& model) { return model.penalty(); }))
      .def_prop_ro("ridge", look([](const auto& model) { return model.ridge(); }));
}

}  // namespace bochner::python
