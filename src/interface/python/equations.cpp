// SPDX-License-Identifier: Apache-2.0
#include "interface/python/archives.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/regression.hpp"

#include <nanobind/stl/vector.h>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

AnyEquations* make_equations(const AnyMap& map, bool single, Index num_targets,
                             std::vector<double> target_offset) {
  const nb::gil_scoped_release release;
  NormalEquationsOptions options{num_targets, std::move(target_offset)};
  if (single) return new AnyEquations(NormalEquations<float>(map.in<float>(), options));
  return new AnyEquations(NormalEquations<double>(map.in<double>(), options));
}

/// From so many rows and multiplications on, a call can be interrupted, which costs a copy of the
/// sums: all rows are in then, or none.
template <Scalar T>
void add_rows(NormalEquations<T>& sums, const TrainingRows<T>& rows, Threads threads) {
  constexpr Index kLeastRows = 64;
  constexpr double kLeastWork = 0x1p28;
  const auto columns = static_cast<double>(sums.num_features());
  if (rows.x.rows < kLeastRows ||
      static_cast<double>(rows.x.rows) * columns * columns < kLeastWork) {
    sums.add(rows, execution(threads));
  } else {
    sums.add(rows, interruptible(threads));
  }
}

void add(AnyEquations& equations, const Input& x, const Input& y, const Maybe& weights,
         Threads threads) {
  equations.alone([&](AnyEquations::Sums& held) {
    std::visit(
        [&]<class T>(NormalEquations<T>& sums) {
          add_rows<T>(sums, rows_of<T>(x, y, weights), threads);
        },
        held);
  });
}

/// `change(sums, others)` where both have one scalar, which Python has seen to.
template <class Change>
void change_by(AnyEquations& equations, AnyEquations& other, const Change& change) {
  equations.alone_with(other, [&](AnyEquations::Sums& held, const AnyEquations::Sums& others) {
    std::visit(
        [&]<class T>(NormalEquations<T>& sums) {
          change(sums, std::get<NormalEquations<T>>(others));
        },
        held);
  });
}

void merge(AnyEquations& equations, AnyEquations& other, Threads threads) {
  change_by(equations, other,
            [&](auto& sums, const auto& others) { sums.merge(others, execution(threads)); });
}

void subtract(AnyEquations& equations, AnyEquations& other, Threads threads) {
  change_by(equations, other,
            [&](auto& sums, const auto& others) { sums.subtract(others, execution(threads)); });
}

void scale(AnyEquations& equations, double factor) {
  equations.alone(
      [&](AnyEquations::Sums& held) { std::visit([&](auto& sums) { sums.scale(factor); }, held); });
}

/// Both triangles.
void moments(AnyEquations& equations, const Output& out, Threads threads) {
  const auto to = matrix<double>(out);
  const Matrix<double> m = equations.alone([&](const AnyEquations::Sums& held) {
    return std::visit([&](const auto& sums) { return sums.moments(execution(threads)); }, held);
  });
  for (Index i = 0; i < to.rows; ++i) {
    for (Index j = 0; j <= i; ++j) to(i, j) = to(j, i) = m(i, j);
  }
}

Archive archive_of(AnyEquations& equations) {
  return equations.alone([](const AnyEquations::Sums& held) {
    return std::visit([](const auto& sums) { return sums.save(); }, held);
  });
}

Index num_rows(AnyEquations& equations) {
  return equations.alone([](const AnyEquations::Sums& held) {
    return std::visit([](const auto& sums) { return sums.num_rows(); }, held);
  });
}

double log_weights(AnyEquations& equations) {
  return equations.alone([](const AnyEquations::Sums& held) {
    return std::visit([](const auto& sums) { return sums.log_weights(); }, held);
  });
}

const NormalEquationsOptions& options_of(const AnyEquations::Sums& held) {
  return std::visit(
      [](const auto& sums) -> const NormalEquationsOptions& { return sums.options(); }, held);
}

template <Scalar T>
AnyEquations* load_in(const Archive& archive, const AnyMap* map) {
  return new AnyEquations(map != nullptr ? NormalEquations<T>::load(map->in<T>(), archive)
                                         : NormalEquations<T>::load(archive));
}

/// On `map`, where there is one.
AnyEquations* load_equations(nb::handle words, nb::handle arrays, const AnyMap* map) {
  const Archive archive = to_archive(words, arrays);
  const nb::gil_scoped_release release;
  return archive.word("scalar") == "float" ? load_in<float>(archive, map)
                                           : load_in<double>(archive, map);
}

}  // namespace

void define_equations(nb::module_& m) {
  nb::class_<AnyEquations>(m, "Equations")
      .def(nb::new_(&make_equations), nb::arg("map"), nb::arg("single"), nb::arg("num_targets"),
           nb::arg("target_offset"))
      .def_static("load", &load_equations, nb::arg("words"), nb::arg("arrays"),
                  nb::arg("map").none())
      .def("save", [](AnyEquations& equations) { return to_python(archive_of(equations)); })
      .def("add", &add, nb::arg("x"), nb::arg("y"), nb::arg("weights").none(),
           nb::arg("num_threads").none())
      .def("merge", &merge, nb::arg("other"), nb::arg("num_threads").none())
      .def("subtract", &subtract, nb::arg("other"), nb::arg("num_threads").none())
      .def("scale", &scale, nb::arg("factor"))
      .def("moments", &moments, nb::arg("out"), nb::arg("num_threads").none())
      .def_prop_ro("num_rows", &num_rows)
      .def_prop_ro("log_weights", &log_weights)
      .def_prop_ro("num_targets",
                   [](AnyEquations& equations) {
                     return equations.alone([](const AnyEquations::Sums& held) {
                       return options_of(held).num_targets;
                     });
                   })
      .def_prop_ro("target_offset",
                   [](AnyEquations& equations) {
                     return equations.alone([](const AnyEquations::Sums& held) {
                       return options_of(held).target_offset;
                     });
                   })
      .def_prop_ro("spec", [](AnyEquations& equations) {
        return equations.alone([](const AnyEquations::Sums& held) {
          return std::visit([](const auto& sums) { return sums.map().spec(); }, held);
        });
      });
}

}  // namespace bochner::python
