// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/problem.hpp"
#include "bench/support/report.hpp"

#include <sys/resource.h>

/// \file
/// Peak memory above inputs and outputs: a program of its own, since a peak is never taken back.

int main(int argc, char** argv) {
  using namespace bochner;
  bench::Report report(argc, argv);
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
  };
  bench::AttentionBench head(1, 1048576);
  const double before = peak();
  head.favor(bench::AttentionBench::map(OrthogonalProjection{}), head.length,
             {.mask = Mask::causal}, 0);
  report.line("rss", peak() - before, bench::at_most(32), "MiB, 1,048,576 tokens, causal");
}
