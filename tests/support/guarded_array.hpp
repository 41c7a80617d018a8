// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace bochner::test {

/// An array that ends where memory does: a read or write beyond its last element is a fault.
template <class T>
class GuardedArray {
 public:
  explicit GuardedArray(Index size) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(T);
    usable_ = (bytes + page - 1) / page * page;
    mapped_ = usable_ + page;
    base_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
    if (mprotect(static_cast<char*>(base_) + usable_, page, PROT_NONE) != 0) std::abort();
    data_ = reinterpret_cast<T*>(static_cast<char*>(base_) + usable_ - bytes);
  }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;
  ~GuardedArray() { munmap(base_, mapped_); }

  /// From here on a write is a fault, too.
  void forbid_writing() {
    if (usable_ > 0 && mprotect(base_, usable_, PROT_READ) != 0) std::abort();
  }

  Index size() const { return size_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](Index i) { return data_[i]; }
  const T& operator[](Index i) const { return data_[i]; }

 private:
  Index size_;
  std::size_t usable_ = 0;
  std::size_t mapped_ = 0;
  void* base_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace bochner::test
