// SPDX-License-Identifier: Apache-2.0
#include "interface/python/watcher.hpp"

#include <string>
#include <utility>

namespace bochner::python {
namespace {

using namespace std::chrono_literals;
/// Between two questions to the interpreter, which may be busy with another thread.
constexpr auto kPause = 50ms;

}  // namespace

void PythonWatcher::begin(const Stage& stage) {
  stage_ = stage.what;
  unit_ = stage.unit;
  total_ = stage.total;
  done_ = stage.done;
  under_way_ = true;
  show();
}

void PythonWatcher::advance(double work) {
  done_ += work;
  if (done_ >= total_ || Clock::now() - shown_ >= kPause) show();
}

void PythonWatcher::end() noexcept { under_way_ = false; }

void PythonWatcher::show() {
  shown_ = Clock::now();
  if (on_progress_.is_none() || noted_) return;
  const nb::gil_scoped_acquire acquire;
  try {
    on_progress_(stage_, done_, total_, unit_);
  } catch (nb::python_error& error) {
    note(std::move(error));
  }
}

void PythonWatcher::warn(const std::string& what) {
  const nb::gil_scoped_acquire acquire;
  if (PyErr_WarnEx(PyExc_RuntimeWarning, what.c_str(), 1) != 0) note(nb::python_error());
}

void PythonWatcher::note(nb::python_error error) {
  if (noted_) return;
  interrupted_ = error.matches(PyExc_KeyboardInterrupt);
  noted_ = std::make_exception_ptr(std::move(error));
}

void PythonWatcher::run_handlers() {
  if (noted_ || Clock::now() - asked_ < kPause) return;
  const nb::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) note(nb::python_error());
  asked_ = Clock::now();
}

bool PythonWatcher::stopping() {
  run_handlers();
  return noted_ != nullptr;
}

void PythonWatcher::poll() {
  run_handlers();
  const bool saves_later = guards_ > 0 && under_way_ && done_ < total_;
  if (noted_ && !saves_later) std::rethrow_exception(noted_);
}

void PythonWatcher::rethrow() const {
  if (noted_ && !interrupted_) std::rethrow_exception(noted_);
}

void PythonWatcher::rethrow_any() const {
  if (noted_) std::rethrow_exception(noted_);
}

}  // namespace bochner::python
