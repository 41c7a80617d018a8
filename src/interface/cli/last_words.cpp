// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/last_words.hpp"

#include "interface/cli/progress.hpp"
#include "io/message.hpp"
#include "io/temporaries.hpp"

#include <cxxabi.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <typeinfo>

namespace bochner::cli {
namespace {

constinit std::terminate_handler otherwise = nullptr;

/// An exception that is none: what there was no memory to make.
bool memory_is_the_reason() noexcept {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  return type == nullptr || *type == typeid(std::bad_alloc) ||
         *type == typeid(std::bad_array_new_length);
}

[[noreturn]] void speak() noexcept {
  io::remove_temporaries();
  clear_progress();
  if (memory_is_the_reason()) {
    io::write_line(STDERR_FILENO, {"bochner: ", kNoMemory});
    ::_exit(1);
  }
  otherwise();
  std::abort();
}

}  // namespace

void install_last_words() noexcept {
  if (otherwise != nullptr) return;
  otherwise = std::set_terminate(speak);
  static_cast<void>(std::atexit(io::remove_temporaries));
}

}  // namespace bochner::cli
