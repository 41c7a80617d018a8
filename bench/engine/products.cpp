// SPDX-License-Identifier: Apache-2.0

// The engine's folds against OpenBLAS at its best. Usage: bench_products [--quick]

#include "bench/engine/openblas.hpp"
#include "bench/engine/problem.hpp"
#include "simd/engine.hpp"

using namespace bochner;

namespace {

constexpr Index kFeatures = 256;
constexpr Index kValues = 64;
constexpr Index kBlocks = 4;  ///< of 64 rows, in turn: they are in the second-level cache

/// Billions of floating-point operations.
double gflop(Index n, Index k, Index m) {
  return 2e-9 * static_cast<double>(n) * static_cast<double>(k) * static_cast<double>(m);
}

void folds(bench::Report& report) {
  constexpr Index kSide = 2048;
  constexpr Index kRows = kBlocks * simd::kBlockRows;
  const auto& engine = simd::kernels<float>();
  const Matrix<float> a = bench::normal_rows<float>(kSide, kSide, 1.0);
  Matrix<float> c(kSide, kSide);
  const bench::Work gemm{
      [&] { bench::openblas_product(a.data(), a.data(), c.data(), kSide, kSide, kSide); },
      gflop(kSide, kSide, kSide)};

  const Matrix<float> phi = bench::normal_rows<float>(kRows, kFeatures, 1.0);
  const Matrix<float> v = bench::normal_rows<float>(kRows, kValues, 1.0);
  Matrix<float> s(kFeatures, kValues);
  Matrix<float> out(kRows, kValues);
  report.speed_ratio("accumulate", bench::at_least(0.9),
                     {[&] {
                        for (Index first = 0; first < kRows; first += simd::kBlockRows) {
                          engine.accumulate(phi.row(first), kFeatures, simd::kBlockRows, kFeatures,
                                            v.row(first), kValues, kValues, nullptr, s.data(),
                                            kValues);
                        }
                      },
                      gflop(kRows, kFeatures, kValues)},
                     gemm, bench::Clock::thread);
  report.speed_ratio("contract", bench::at_least(0.9),
                     {[&] {
                        for (Index first = 0; first < kRows; first += simd::kBlockRows) {
                          engine.contract(phi.row(first), kFeatures, simd::kBlockRows, kFeatures,
                                          v.data(), kValues, kValues, out.row(first), kValues);
                        }
                      },
                      gflop(kRows, kFeatures, kValues)},
                     gemm, bench::Clock::thread);
}

void rank_update(bench::Report& report) {
  const Index n = 16384;
  const Index m = 4096;
  const Matrix<float> phi = bench::normal_rows<float>(n, m, 1.0);
  Matrix<double> c(m, m);
  Matrix<float> peer(m, m);
  report.speed_ratio(
      "rank_update", bench::at_least(0.8),
      {[&] { simd::kernels<float>().rank_update(phi.data(), m, n, m, c.data(), m); }},
      {[&] { bench::openblas_rank_update(phi.data(), peer.data(), n, m); }}, bench::Clock::thread);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  bench::announce(report);
  bench::set_openblas_threads(1);
  folds(report);
  rank_update(report);
  return 0;
}
