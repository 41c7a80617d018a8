// SPDX-License-Identifier: Apache-2.0

// Threads, memory, its pages and denormal inputs. Usage: bench_scaling [--quick]

#include "bench/engine/problem.hpp"
#include "bench/support/report.hpp"
#include "bochner/core/matrix.hpp"
#include "core/parallel.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
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

/// A matrix of 80 MB, with and without the huge pages that are asked for it.
void huge_pages(bench::Report& report) {
  const auto allocate = [](bool huge) {
    prctl(PR_SET_THP_DISABLE, huge ? 0 : 1, 0, 0, 0);
    const Matrix<float> matrix(20000, 1024);
    prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  };
  const auto faults = [&](bool huge) {
    rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    allocate(huge);
    getrusage(RUSAGE_SELF, &after);
    return after.ru_minflt - before.ru_minflt;
  };
  const bench::Timing timing =
      bench::alternate([&] { allocate(false); }, [&] { allocate(true); },
                       {.clock = bench::Clock::thread, .pairs = report.choose(9, 3)});
  report.note(
      "huge_pages: a zeroed matrix of 80 MB takes %ld page faults and %.1f ms, without "
      "huge pages %ld and %.1f ms (%.2f times)",
      faults(true), 1e3 * timing.second, faults(false), 1e3 * timing.first, timing.ratio);
}

void two_threads(bench::Report& report) {
  bench::Problem<float> problem(bench::positive_spec(64, 256), 65536);
  report.speed_ratio("two_threads", bench::at_least(1.8), {[&] { problem.apply(2); }},
                     {[&] { problem.apply(1); }});
}

/// The time for inputs below the smallest normal number over the time for ordinary ones.
void denormals(bench::Report& report, const char* name, const FeatureMapSpec& spec) {
  bench::Problem<float> ordinary(spec, 4096);
  bench::Problem<float> tiny(spec, 4096);
  std::fill_n(tiny.x.data(), tiny.x.size(), 1e-40F);
  const bench::Timing timing = bench::alternate(
      [&] { tiny.apply(1); }, [&] { ordinary.apply(1); },
      {.clock = bench::Clock::thread, .pairs = report.choose(9, 3), .sample = 0.02});
  report.line(name, timing.ratio, bench::at_most(10.0),
              timing.pairs < 9 ? std::to_string(timing.pairs) + " pairs" : "");
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  memory(report);
  huge_pages(report);
  two_threads(report);
  denormals(report, "denormals_positive", bench::positive_spec(64, 256));
  denormals(report, "denormals_paired", bench::paired_spec(64, 256));
  denormals(report, "denormals_hadamard", bench::paired_spec(64, 256, HadamardProjection{}));
  return 0;
}
