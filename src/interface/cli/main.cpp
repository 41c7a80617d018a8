// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/command.hpp"
#include "interface/cli/last_words.hpp"
#include "interface/cli/signals.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BOCHNER_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BOCHNER_SANITIZED
#endif

#ifndef BOCHNER_SANITIZED
namespace {

void speak_for_all(int /*argc*/, char** /*argv*/, char** /*environment*/) {
  bochner::cli::install_last_words();
}
// Before the initialisation of shared libraries and of globals, which may run out of memory too. A
// sanitizer has to come first.
[[gnu::section(".preinit_array"), gnu::used]] void (*before_all)(int, char**,
                                                                 char**) = speak_for_all;

}  // namespace
#endif

int main(int argc, char** argv) {
  bochner::cli::install_last_words();
  bochner::cli::guard_standard_streams();
  bochner::cli::install_signal_handlers();
  return bochner::cli::run(argc, argv);
}
