// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

/// \file
/// Values that one thread at a time uses.

namespace bochner::python {

/// A value and its lock. To be used without the interpreter's lock, so that no thread waits for one
/// while it holds the other. A signal handler runs on the thread of the call that it interrupts: it
/// may look at the value of that call, and is refused when it would change it.
template <class Value>
class Guarded {
 public:
  Guarded(const char* name, Value value) : name_(name), value_(std::move(value)) {}

  template <class Body>
  decltype(auto) look(const Body& body) const {
    const std::lock_guard lock(mutex_);
    const Inside inside(inside_);
    return body(std::as_const(value_));
  }

  template <class Body>
  decltype(auto) change(const Body& body) {
    const std::lock_guard lock(mutex_);
    require_idle();
    const Inside inside(inside_);
    return body(value_);
  }

  /// `body(value, other's value)`; of itself and a copy where they are one.
  template <class Body>
  void change_by(const Guarded& other, const Body& body) {
    if (this == &other) {
      change([&](Value& value) { body(value, Value(value)); });
      return;
    }
    const std::scoped_lock lock(mutex_, other.mutex_);
    require_idle();
    const Inside inside(inside_);
    body(value_, other.value_);
  }

 private:
  struct Inside {
    explicit Inside(int& count) : count_(count) { ++count_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { --count_; }
    int& count_;
  };

  void require_idle() const {
    if (inside_ == 0) return;
    throw std::runtime_error(std::string(name_) +
                             ": a signal handler would change what an interrupted call uses");
  }

  const char* name_;
  mutable std::recursive_mutex mutex_;
  mutable int inside_ = 0;
  Value value_;
};

}  // namespace bochner::python
