// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/change_detector.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/guarded.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/records.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace bochner::python {
namespace {

/// A detector in the scalar of its rows: one call at a time.
struct AnyDetector {
  using Held = std::variant<ChangeDetector<float>, ChangeDetector<double>>;
  explicit AnyDetector(Held held) : value("ChangeDetector", std::move(held)) {}

  Guarded<Held> value;
};

AnyDetector* make(const AnyMap& map, bool single, double false_alarm_rate, double largest_square) {
  const nb::gil_scoped_release release;
  const ChangeDetectorOptions options{.false_alarm_rate = false_alarm_rate,
                                      .largest_square = largest_square};
  if (single) return new AnyDetector(ChangeDetector<float>(map.in<float>(), options));
  return new AnyDetector(ChangeDetector<double>(map.in<double>(), options));
}

nb::list add(AnyDetector& any, const Input& x, std::optional<int> threads) {
  std::vector<Change> found;
  {
    const nb::gil_scoped_release release;
    any.value.change([&](AnyDetector::Held& held) {
      std::visit(
          [&]<class T>(ChangeDetector<T>& detector) {
            found = detector.add(matrix<T>(x), interruptible(threads));
          },
          held);
    });
  }
  nb::list out;
  for (const Change& change : found) out.append(to_dict(change));
  return out;
}

template <class Quantity>
auto quantity(Quantity of) {
  return [of](const AnyDetector& any) {
    const nb::gil_scoped_release release;
    return any.value.look([&](const AnyDetector::Held& held) { return std::visit(of, held); });
  };
}

}  // namespace

void define_change_detector(nb::module_& m) {
  nb::class_<AnyDetector>(m, "ChangeDetector")
      .def(nb::new_(&make), nb::arg("map"), nb::arg("single"), nb::arg("false_alarm_rate"),
           nb::arg("largest_square"))
      .def("add", &add, nb::arg("x"), nb::arg("num_threads").none())
      .def_prop_ro("num_rows", quantity([](const auto& detector) { return detector.num_rows(); }))
      .def_prop_ro("rows_since_change",
                   quantity([](const auto& detector) { return detector.rows_since_change(); }));
}

}  // namespace bochner::python
