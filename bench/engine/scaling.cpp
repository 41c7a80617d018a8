// SPDX-License-Identifier: Apache-2.0

// Threads and memory. Usage: bench_scaling [--quick]

#include "bench/engine/problem.hpp"
#include "bench/support/report.hpp"
#include "core/parallel.hpp"

#include <fstream>
#include <string>

using namespace bochner;

namespace {

/// The most memory that this process has had so far, in MiB.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    double kibibytes = 0.0;
    status >> kibibytes;
    return kibibytes / 1024.0;
  }
  return 0.0;
}

void memory(bench::Report& report) {
  bench::Problem<float> problem(bench::positive_spec(64, 256), 1000000);
  std::fill_n(problem.phi.data(), problem.phi.size(), 1.0F);
  const int threads = worker_count(1000000, {});
  const double before = peak_memory();
  problem.apply(threads);
  report.note("memory: %.1f MiB of inputs and outputs, %d threads", before, threads);
  report.line("memory", (peak_memory() - before) / threads, bench::at_most(8.0), "MiB a thread");
}

void two_threads(bench::Report& report) {
  bench::Problem<float> problem(bench::positive_spec(64, 256), 65536);
  report.speed_ratio("two_threads", bench::at_least(1.8), {[&] { problem.apply(2); }},
                     {[&] { problem.apply(1); }});
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  memory(report);
  two_threads(report);
  return 0;
}
