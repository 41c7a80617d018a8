// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/watcher.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <chrono>
#include <exception>
#include <string>

/// \file
/// How a long job on a file shows itself to Python.

namespace bochner::python {

namespace nb = nanobind;

/// Hands progress to a callable, runs signal handlers and notes what either raises: the job saves
/// its state, where it has one, and leaves. To be called without the interpreter's lock.
class PythonWatcher final : public Watcher {
 public:
  /// `on_progress(stage, done, total, unit)`, or None; it outlives this.
  explicit PythonWatcher(nb::handle on_progress) : on_progress_(on_progress) {}

  void begin(const Stage& stage) override;
  void advance(double work) override;
  void end() noexcept override;
  void warn(const std::string& what) override;
  void guard() override { ++guards_; }
  void unguard() noexcept override { --guards_; }
  bool stopping() override;

  /// To be called within a step of the job: throws what was noted, unless the job is about to ask
  /// `stopping` and to save its state.
  void poll();
  /// Throws what was noted, if it is more than the wish to stop.
  void rethrow() const;
  /// Throws what was noted.
  void rethrow_any() const;

 private:
  using Clock = std::chrono::steady_clock;

  void show();
  void note(nb::python_error error);
  void run_handlers();

  nb::handle on_progress_;
  std::string stage_;
  std::string unit_;
  double total_ = 0.0;
  double done_ = 0.0;
  bool under_way_ = false;
  int guards_ = 0;
  Clock::time_point shown_{};
  Clock::time_point asked_ = Clock::now();
  std::exception_ptr noted_;
  bool interrupted_ = false;  ///< what was noted is KeyboardInterrupt
};

}  // namespace bochner::python
