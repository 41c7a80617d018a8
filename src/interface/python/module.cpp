// SPDX-License-Identifier: Apache-2.0
#include "interface/python/module.hpp"

#include "bochner/core/error.hpp"
#include "bochner/version.hpp"
#include "interface/python/library.hpp"

#include <exception>

namespace nb = nanobind;

namespace {

/// A file's failure is Python's OSError; InvalidArgument is ValueError and std::bad_alloc is
/// MemoryError without a word.
void translate(const std::exception_ptr& thrown, void* /*payload*/) {
  try {
    std::rethrow_exception(thrown);
  } catch (const bochner::FileError& error) {
    PyErr_SetString(PyExc_OSError, error.what());
  } catch (const bochner::Interrupted& error) {
    PyErr_SetString(PyExc_KeyboardInterrupt, error.what());
  }
}

}  // namespace

NB_MODULE(_core, m) {
  m.attr("version") = bochner::version_string();
  m.doc() = "What bochner's Python layer calls. Private: names and signatures change.";
  nb::set_leak_warnings(false);  // default arguments are instances, which modules never let go
  nb::register_exception_translator(translate);
  bochner::python::define_library(m);
  bochner::python::define_specs(m);
  bochner::python::define_maps(m);
  bochner::python::define_attention(m);
  bochner::python::define_attention_plans(m);
  bochner::python::define_attention_state(m);
  bochner::python::define_stored_arrays(m);
  bochner::python::define_kernels(m);
  bochner::python::define_gram(m);
  bochner::python::define_gram_errors(m);
  bochner::python::define_gram_clients(m);
  bochner::python::define_embeddings(m);
  bochner::python::define_change_detector(m);
  bochner::python::define_equations(m);
  bochner::python::define_regression(m);
  bochner::python::define_online_ridge(m);
  bochner::python::define_validation(m);
  bochner::python::define_intervals(m);
  bochner::python::define_feature_errors(m);
  bochner::python::define_models(m);
  bochner::python::define_estimators(m);
  bochner::python::define_studies(m);
  bochner::python::define_records(m);
}
