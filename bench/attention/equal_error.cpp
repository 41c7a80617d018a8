// SPDX-License-Identifier: Apache-2.0
#include "bench/attention/crossover.hpp"

int main(int argc, char** argv) {
  bochner::bench::Report report(argc, argv);
  bochner::bench::crossovers_at_equal_error(report);
}
