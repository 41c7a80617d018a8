// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/signals.hpp"

#include "interface/cli/progress.hpp"
#include "io/temporaries.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace bochner::cli {
namespace {

std::atomic<int> deferring{0};
std::atomic<int> noted{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses them");

void leave(int signal_number) {
  int none = 0;
  if (deferring > 0 && signal_number != SIGPIPE &&
      noted.compare_exchange_strong(none, signal_number)) {
    return;
  }
  io::remove_temporaries();
  clear_progress();
  ::_exit(128 + signal_number);
}

}  // namespace

DeferredSignals::DeferredSignals() noexcept { ++deferring; }
DeferredSignals::~DeferredSignals() { --deferring; }
int noted_signal() noexcept { return noted; }

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = leave;
  sigfillset(&action.sa_mask);
  for (const int signal_number :
       {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2}) {
    struct sigaction before {};
    // What the caller chose to ignore (nohup) stays ignored, but a broken pipe never is.
    ::sigaction(signal_number, nullptr, &before);
    if (before.sa_handler == SIG_IGN && signal_number != SIGPIPE) continue;
    ::sigaction(signal_number, &action, nullptr);
  }
  // A write past the limit then fails with EFBIG, which names the file.
  ::signal(SIGXFSZ, SIG_IGN);
}

void guard_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    // open() takes the lowest free number, which is this one: those below are open by now.
    static_cast<void>(::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace bochner::cli
