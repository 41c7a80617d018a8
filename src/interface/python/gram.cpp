// SPDX-License-Identifier: Apache-2.0
#include "interface/python/gram.hpp"

#include "bochner/client/gram/exact.hpp"
#include "bochner/client/gram/matrix.hpp"
#include "bochner/client/gram/nystrom.hpp"
#include "bochner/core/error.hpp"
#include "client/gram/feature_source.hpp"
#include "core/door.hpp"
#include "interface/python/arrays.hpp"
#include "interface/python/interrupt.hpp"
#include "interface/python/maps.hpp"
#include "interface/python/module.hpp"
#include "interface/python/registry.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bochner::python {
namespace {

using Threads = std::optional<int>;

void copy(std::span<const double> from, const Output& to) {
  std::copy(from.begin(), from.end(), vector<double>(to).begin());
}

void copy(const Matrix<double>& from, const Output& to) {
  const auto out = matrix<double>(to);
  for (Index i = 0; i < from.rows(); ++i) {
    for (Index j = 0; j < from.cols(); ++j) out(i, j) = from(i, j);
  }
}

// Entries.

void write_exact_gram(const Kernel& kernel, const Input& x, const Input& y, const Output& out,
                      Threads threads) {
  const nb::gil_scoped_release release;
  exact_gram(kernel, matrix<double>(x), matrix<double>(y), matrix<double>(out),
             interruptible(threads));
}

void write_approximate_gram(const AnyMap& map, const Input& x, const Input& y, const Output& out,
                            Threads threads) {
  unlocked(x, [&]<class T>() {
    approximate_gram(map.in<T>(), matrix<T>(x), matrix<T>(y), matrix<double>(out),
                     interruptible(threads));
  });
}

nb::tuple measured_distance(const AnyMap& map, const Input& x, const Input& y, Threads threads) {
  const MeasuredGramError measured = unlocked(x, [&]<class T>() {
    return gram_distance(map.in<T>(), matrix<T>(x), matrix<T>(y), interruptible(threads));
  });
  return nb::make_tuple(measured.squared_error, measured.squared_norm);
}

// Operators: the exact one is of doubles, the others of either scalar.

void construct_exact(ExactGram* self, const Kernel& kernel, const Input& x, Threads threads) {
  unlocked(x,
           [&]<class T>() { new (self) ExactGram(kernel, matrix<T>(x), interruptible(threads)); });
}

void exact_multiply(const ExactGram& gram, const Input& b, const Output& out, Threads threads) {
  const nb::gil_scoped_release release;
  gram.multiply(matrix<double>(b), matrix<double>(out), interruptible(threads));
}

void exact_diagonal(const ExactGram& gram, const Output& out, Threads /*threads*/) {
  const nb::gil_scoped_release release;
  copy(gram.diagonal(), out);
}

void exact_rows(const ExactGram& gram, const Input& which, const Output& out, Threads threads) {
  const nb::gil_scoped_release release;
  gram.rows(vector<Index>(which), matrix<double>(out), interruptible(threads));
}

AnyGram gram_of_rows(const AnyMap& map, const Input& x, Index memory, Threads threads) {
  return unlocked(x, [&]<class T>() {
    return AnyGram{GramApproximation<T>(map.in<T>(), matrix<T>(x), GramStorage{memory},
                                        interruptible(threads))};
  });
}

AnyGram gram_of_factor(const Input& factor) {
  return unlocked(factor,
                  [&]<class T>() { return AnyGram{GramApproximation<T>(matrix<T>(factor))}; });
}

/// From the factor that `write_factor` wrote, in the scalar that it was in.
AnyGram gram_of_written_factor(const Input& factor, bool single) {
  const MatrixView<const double> rows = matrix<double>(factor);
  const nb::gil_scoped_release release;
  if (single) {
    return {GramApproximation<float>(std::make_shared<const gram::FeatureSource<float>>(rows))};
  }
  return {GramApproximation<double>(std::make_shared<const gram::FeatureSource<double>>(rows))};
}

void multiply(const AnyGram& any, const Input& b, const Output& out, Threads threads) {
  unlocked_in(any, [&]<class T>() {
    any.in<T>().multiply(matrix<double>(b), matrix<double>(out), interruptible(threads));
  });
}

double entry(const AnyGram& any, Index i, Index j) {
  return unlocked_in(any, [&]<class T>() { return any.in<T>().entry(i, j); });
}

void diagonal(const AnyGram& any, const Output& out, Threads threads) {
  unlocked_in(any, [&]<class T>() { copy(any.in<T>().diagonal(interruptible(threads)), out); });
}

double trace(const AnyGram& any, Threads threads) {
  return unlocked_in(any, [&]<class T>() { return any.in<T>().trace(interruptible(threads)); });
}

void rows(const AnyGram& any, const Input& which, const Output& out, Threads threads) {
  unlocked_in(any, [&]<class T>() {
    any.in<T>().rows(vector<Index>(which), matrix<double>(out), interruptible(threads));
  });
}

template <Scalar T>
void write_factor(const gram::FeatureSource<T>& features, MatrixView<double> out) {
  typename gram::FeatureSource<T>::Workspace workspace(features);
  for (Index first = 0; first < features.size(); first += simd::kBlockRows) {
    const auto block = features.block(first / simd::kBlockRows, workspace);
    for (Index r = 0; r < block.rows; ++r) {
      for (Index j = 0; j < features.num_features(); ++j) {
        const double value =
            std::ldexp(static_cast<double>(block.phi[r * features.ld() + j]), block.exponent[r]);
        if (!std::isfinite(value)) {
          Door("factor").refuse("row " + std::to_string(first + r) +
                                " overflows; scale the inputs down");
        }
        out(first + r, j) = value;
      }
    }
  }
}

void factor(const AnyGram& any, const Output& out) {
  unlocked_in(any, [&]<class T>() { write_factor(any.in<T>().features(), matrix<double>(out)); });
}

template <class Quantity>
auto quantity(Quantity of) {
  return [of](const AnyGram& any) { return std::visit(of, any.value); };
}

// Systems and spectra.

AnyShiftedGram shift(const AnyGram& any, double lambda, Threads threads) {
  return unlocked_in(any, [&]<class T>() {
    return AnyShiftedGram{ShiftedGram<T>(any.in<T>(), lambda, interruptible(threads))};
  });
}

template <class Apply>
auto applied(Apply apply) {
  return [apply](const AnyShiftedGram& any, const Input& b, const Output& out, Threads threads) {
    unlocked_in(any, [&]<class T>() {
      apply(any.in<T>(), matrix<double>(b), matrix<double>(out), interruptible(threads));
    });
  };
}

nb::dict solve_exact(const ExactGram& gram, const AnyShiftedGram& preconditioner, const Input& b,
                     const Output& x, double tolerance, Index max_iterations, Threads threads) {
  return to_dict(unlocked_in(preconditioner, [&]<class T>() {
    return solve(gram, preconditioner.in<T>(), matrix<double>(b), matrix<double>(x),
                 {.tolerance = tolerance, .max_iterations = max_iterations},
                 interruptible(threads));
  }));
}

nb::dict solve_approximate(const AnyGram& gram, const AnyShiftedGram& preconditioner,
                           const Input& b, const Output& x, double tolerance, Index max_iterations,
                           Threads threads) {
  return to_dict(unlocked_in(preconditioner, [&]<class T>() {
    return solve(gram.in<T>(), preconditioner.in<T>(), matrix<double>(b), matrix<double>(x),
                 {.tolerance = tolerance, .max_iterations = max_iterations},
                 interruptible(threads));
  }));
}

/// Fills the first columns and says how many.
Index leading_eigenpairs(const AnyGram& any, Index count, const Output& values,
                         const Output& vectors, Threads threads) {
  return unlocked_in(any, [&]<class T>() {
    const GramEigenpairs pairs = eigenpairs(any.in<T>(), count, interruptible(threads));
    copy(pairs.values, values);
    copy(pairs.vectors, vectors);
    return pairs.vectors.cols();
  });
}

template <Scalar T>
nb::tuple columns_of(const ExactGram& gram, const NystromOptions& options, Threads threads) {
  std::optional<Nystrom<T>> made;
  {
    const nb::gil_scoped_release release;
    made = nystrom<T>(gram, options, interruptible(threads));
  }
  return nb::make_tuple(AnyGram{made->gram}, made->pivots, made->relative_trace_error);
}

nb::tuple columns(const ExactGram& gram, Index rank, const std::string& pivoting,
                  std::uint64_t seed, bool single, Threads threads) {
  const NystromOptions options{rank, choice<Pivoting>("nystrom: pivoting", pivoting), {seed}};
  return single ? columns_of<float>(gram, options, threads)
                : columns_of<double>(gram, options, threads);
}

void define_exact(nb::module_& m) {
  m.def("exact_gram", &write_exact_gram, nb::arg("kernel"), nb::arg("x"), nb::arg("y"),
        nb::arg("out"), nb::arg("num_threads").none());
  m.def("approximate_gram", &write_approximate_gram, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("out"), nb::arg("num_threads").none());
  m.def("gram_distance", &measured_distance, nb::arg("map"), nb::arg("x"), nb::arg("y"),
        nb::arg("num_threads").none());
  nb::class_<ExactGram>(m, "ExactGram")
      .def("__init__", &construct_exact, nb::arg("kernel"), nb::arg("x"),
           nb::arg("num_threads").none())
      .def_prop_ro("size", &ExactGram::size)
      .def("multiply", &exact_multiply, nb::arg("b"), nb::arg("out"), nb::arg("num_threads").none())
      .def("entry", &ExactGram::entry, nb::arg("i"), nb::arg("j"))
      .def(
          "trace",
          [](const ExactGram& gram, Threads /*threads*/) {
            const nb::gil_scoped_release release;
            return gram.trace();
          },
          nb::arg("num_threads").none())
      .def("diagonal", &exact_diagonal, nb::arg("out"), nb::arg("num_threads").none())
      .def("rows", &exact_rows, nb::arg("which"), nb::arg("out"), nb::arg("num_threads").none());
}

void define_approximate(nb::module_& m) {
  nb::class_<AnyGram>(m, "Gram")
      .def_prop_ro("size", quantity([](const auto& gram) { return gram.size(); }))
      .def_prop_ro("num_features", quantity([](const auto& gram) { return gram.num_features(); }))
      .def_prop_ro("stored", quantity([](const auto& gram) { return gram.stored(); }))
      .def_prop_ro("nbytes", quantity([](const auto& gram) { return gram.bytes(); }))
      .def_prop_ro("is_single", &AnyGram::is_single)
      .def("multiply", &multiply, nb::arg("b"), nb::arg("out"), nb::arg("num_threads").none())
      .def("entry", &entry, nb::arg("i"), nb::arg("j"))
      .def("trace", &trace, nb::arg("num_threads").none())
      .def("diagonal", &diagonal, nb::arg("out"), nb::arg("num_threads").none())
      .def("rows", &rows, nb::arg("which"), nb::arg("out"), nb::arg("num_threads").none())
      .def("factor", &factor, nb::arg("out"));
  m.def("gram_of_rows", &gram_of_rows, nb::arg("map"), nb::arg("x"), nb::arg("memory"),
        nb::arg("num_threads").none());
  m.def("gram_of_factor", &gram_of_factor, nb::arg("factor"));
  m.def("gram_of_written_factor", &gram_of_written_factor, nb::arg("factor"), nb::arg("single"));
}

void define_shifted(nb::module_& m) {
  const auto solved = applied([](const auto& shifted, const auto& b, const auto& out,
                                 const Execution& how) { shifted.solve(b, out, how); });
  const auto rooted =
      applied([](const auto& shifted, const auto& b, const auto& out, const Execution& how) {
        shifted.apply_inverse_root(b, out, how);
      });
  const auto transposed =
      applied([](const auto& shifted, const auto& b, const auto& out, const Execution& how) {
        shifted.apply_inverse_root_transposed(b, out, how);
      });
  nb::class_<AnyShiftedGram>(m, "ShiftedGram")
      .def("solve", solved, nb::arg("b"), nb::arg("out"), nb::arg("num_threads").none())
      .def("apply_inverse_root", rooted, nb::arg("b"), nb::arg("out"),
           nb::arg("num_threads").none())
      .def("apply_inverse_root_transposed", transposed, nb::arg("b"), nb::arg("out"),
           nb::arg("num_threads").none())
      .def("log_determinant", [](const AnyShiftedGram& any) {
        return unlocked_in(any, [&]<class T>() { return any.in<T>().log_determinant(); });
      });
  m.def("shift", &shift, nb::arg("gram"), nb::arg("ridge"), nb::arg("num_threads").none());
  m.def("solve_exact", &solve_exact, nb::arg("gram"), nb::arg("preconditioner"), nb::arg("b"),
        nb::arg("x"), nb::arg("tolerance"), nb::arg("max_iterations"),
        nb::arg("num_threads").none());
  m.def("solve_approximate", &solve_approximate, nb::arg("gram"), nb::arg("preconditioner"),
        nb::arg("b"), nb::arg("x"), nb::arg("tolerance"), nb::arg("max_iterations"),
        nb::arg("num_threads").none());
  m.def("eigenpairs", &leading_eigenpairs, nb::arg("gram"), nb::arg("count"), nb::arg("values"),
        nb::arg("vectors"), nb::arg("num_threads").none());
  m.def("nystrom", &columns, nb::arg("gram"), nb::arg("rank"), nb::arg("pivoting"), nb::arg("seed"),
        nb::arg("single"), nb::arg("num_threads").none());
}

}  // namespace

void define_gram(nb::module_& m) {
  m.attr("pivotings") = nb::tuple(nb::cast([] {
    std::vector<std::string> words;
    for (const std::string_view word : names_of(Pivoting{})) words.emplace_back(word);
    return words;
  }()));
  define_exact(m);
  define_approximate(m);
  define_shifted(m);
}

}  // namespace bochner::python
