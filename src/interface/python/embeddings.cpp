// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/mean_embedding.hpp"
#include "interface/python/archives.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/guarded.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/records.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

/// A mean embedding in the scalar of its rows: one call at a time.
class AnyEmbedding {
 public:
  using Sums = std::variant<MeanEmbedding<float>, MeanEmbedding<double>>;
  explicit AnyEmbedding(Sums sums) : sums_("MeanEmbedding", std::move(sums)) {}

  /// `body` of the sums in their scalar, without the interpreter's lock.
  template <class Body>
  auto look(const Body& body) const {
    const nb::gil_scoped_release release;
    return sums_.look([&](const Sums& held) { return std::visit(body, held); });
  }
  template <class Body>
  void change(const Body& body) {
    const nb::gil_scoped_release release;
    sums_.change([&](Sums& held) { std::visit(body, held); });
  }
  /// `body(sums, other's)`, of one scalar, which Python has seen to.
  template <class Body>
  void change_by(const AnyEmbedding& other, const Body& body) {
    const nb::gil_scoped_release release;
    sums_.change_by(other.sums_, [&](Sums& held, const Sums& others) {
      std::visit(
          [&]<class T>(MeanEmbedding<T>& own) { body(own, std::get<MeanEmbedding<T>>(others)); },
          held);
    });
  }
  Sums copy() const {
    const nb::gil_scoped_release release;
    return sums_.look([](const Sums& held) { return held; });
  }

 private:
  Guarded<Sums> sums_;
};

AnyEmbedding* make(const AnyMap& map, bool single) {
  const nb::gil_scoped_release release;
  if (single) return new AnyEmbedding(MeanEmbedding<float>(map.in<float>()));
  return new AnyEmbedding(MeanEmbedding<double>(map.in<double>()));
}

AnyEmbedding* load(nb::handle words, nb::handle arrays) {
  const Archive archive = to_archive(words, arrays);
  const nb::gil_scoped_release release;
  if (archive.word("scalar") == "float")
    return new AnyEmbedding(MeanEmbedding<float>::load(archive));
  return new AnyEmbedding(MeanEmbedding<double>::load(archive));
}

void add(AnyEmbedding& any, const Input& x, Threads threads) {
  any.change(
      [&]<class T>(MeanEmbedding<T>& sums) { sums.add(matrix<T>(x), interruptible(threads)); });
}

nb::dict distance(const AnyEmbedding& any, const AnyEmbedding& other) {
  const AnyEmbedding::Sums others = other.copy();
  return to_dict(any.look([&]<class T>(const MeanEmbedding<T>& sums) {
    return sums.distance(std::get<MeanEmbedding<T>>(others));
  }));
}

void density(const AnyEmbedding& any, const Input& x, const Output& out, Threads threads) {
  any.look([&]<class T>(const MeanEmbedding<T>& sums) {
    sums.density(matrix<T>(x), vector<double>(out), interruptible(threads));
  });
}

template <class Quantity>
auto quantity(Quantity of) {
  return [of](const AnyEmbedding& any) { return any.look(of); };
}

}  // namespace

void define_embeddings(nb::module_& m) {
  nb::class_<AnyEmbedding>(m, "Embedding")
      .def(nb::new_(&make), nb::arg("map"), nb::arg("single"))
      .def_static("load", &load, nb::arg("words"), nb::arg("arrays"))
      .def("save",
           [](const AnyEmbedding& any) {
             return to_python(any.look([](const auto& sums) { return sums.save(); }));
           })
      .def("copy", [](const AnyEmbedding& any) { return new AnyEmbedding(any.copy()); })
      .def("add", &add, nb::arg("x"), nb::arg("num_threads").none())
      .def(
          "merge",
          [](AnyEmbedding& any, const AnyEmbedding& other) {
            any.change_by(other, [](auto& sums, const auto& others) { sums.merge(others); });
          },
          nb::arg("other"))
      .def(
          "subtract",
          [](AnyEmbedding& any, const AnyEmbedding& other) {
            any.change_by(other, [](auto& sums, const auto& others) { sums.subtract(others); });
          },
          nb::arg("other"))
      .def(
          "decay",
          [](AnyEmbedding& any, double factor) {
            any.change([&](auto& sums) { sums.decay(factor); });
          },
          nb::arg("factor"))
      .def("distance", &distance, nb::arg("other"))
      .def("density", &density, nb::arg("x"), nb::arg("out"), nb::arg("num_threads").none())
      .def("mean",
           [](const AnyEmbedding& any) {
             const std::vector<double> mean =
                 any.look([](const auto& sums) { return sums.mean(); });
             return to_numpy(std::span<const double>(mean));
           })
      .def_prop_ro("num_rows", quantity([](const auto& sums) { return sums.num_rows(); }))
      .def_prop_ro("weight", quantity([](const auto& sums) { return sums.weight(); }))
      .def_prop_ro("effective_rows",
                   quantity([](const auto& sums) { return sums.effective_rows(); }))
      .def_prop_ro("spec", quantity([](const auto& sums) { return sums.map().spec(); }));
}

}  // namespace bochner::python
