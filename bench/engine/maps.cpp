// SPDX-License-Identifier: Apache-2.0

// Whole feature maps, and projections alone, against what a user would write instead.
// Usage: bench_maps [--quick]

#include "bench/engine/eigen_peer.hpp"
#include "bench/engine/openblas.hpp"
#include "bench/engine/problem.hpp"
#include "kernel/standard_form.hpp"
#include "projection/operator.hpp"
#include "simd/engine.hpp"

#include <thread>

using namespace bochner;

namespace {

constexpr Index kRows = 16384;
constexpr Index kDim = 64;
constexpr Index kFrequencies = 256;

/// The map against the product alone: on one thread with a bar, on all with a note.
template <Scalar T>
void against_gemm(bench::Report& report, const char* name, bench::Bar bar,
                  const FeatureMapSpec& spec) {
  bench::Problem<T> problem(spec, kRows);
  const Matrix<T> w = bench::normal_rows<T>(kDim, kFrequencies, 1.0);
  Matrix<T> product(kRows, kFrequencies);
  const auto peer = [&] {
    bench::openblas_product(problem.x.data(), w.data(), product.data(), kRows, kDim, kFrequencies);
  };
  bench::set_openblas_threads(1);
  report.speed_ratio(name, bar, {[&] { problem.apply(); }}, {peer}, bench::Clock::thread);
  const auto threads = static_cast<int>(std::thread::hardware_concurrency());
  bench::set_openblas_threads(threads);
  const bench::Timing all = bench::alternate(peer, [&] { problem.apply(threads); },
                                             {.pairs = report.choose(9, 3), .sample = 0.05});
  report.note("%s on %d threads: %.3g", name, threads, all.ratio);
  bench::set_openblas_threads(1);
}

void against_eigen(bench::Report& report) {
  {
    bench::Problem<float> problem(bench::positive_spec(kDim, kFrequencies), kRows);
    const Matrix<float> w = bench::normal_rows<float>(kDim, kFrequencies, 1.0);
    Matrix<float> out(kRows, kFrequencies);
    report.speed_ratio("positive_vs_eigen", bench::at_least(3.0), {[&] { problem.apply(); }}, {[&] {
                         bench::eigen_positive(problem.x.data(), w.data(), out.data(), kRows, kDim,
                                               kFrequencies);
                       }},
                       bench::Clock::thread);
  }
  bench::Problem<double> problem(bench::paired_spec(kDim, kFrequencies), kRows);
  const Matrix<double> w = bench::normal_rows<double>(kDim, kFrequencies, 1.0);
  Matrix<double> product(kRows, kFrequencies);
  Matrix<double> out(kRows, 2 * kFrequencies);
  report.speed_ratio("trig_f64_vs_eigen", bench::at_least(4.0), {[&] { problem.apply(); }}, {[&] {
                       bench::eigen_paired(problem.x.data(), w.data(), product.data(), out.data(),
                                           kRows, kDim, kFrequencies);
                     }},
                     bench::Clock::thread);
}

/// A projection alone over a few blocks of rows that stay in the cache.
struct Projecting {
  Projecting(const Projection& projection, Index d, Index m)
      : frequencies(FrequencyDraw(projection, {.dim = d,
                                               .num_frequencies = m,
                                               .spectrum = spectral_measure(GaussianKernel{}),
                                               .seed = {}})
                        .make_operator<float>(1.0)),
        x(bench::normal_rows<float>(simd::kBlockRows, d, 1.0)),
        out(simd::kBlockRows, simd::padded<float>(m)),
        scratch(1, frequencies->scratch_size() + 16) {}

  void operator()() {
    frequencies->apply(x.data(), x.cols(), x.rows(), out.data(), out.cols(), scratch.data());
  }

  std::unique_ptr<const ProjectionOperator<float>> frequencies;
  Matrix<float> x;
  Matrix<float> out;
  Matrix<float> scratch;
};

void hadamard_against_dense(bench::Report& report, const char* name, bench::Bar bar, Index d,
                            Index m) {
  Projecting dense(IidProjection{}, d, m);
  Projecting hadamard(HadamardProjection{}, d, m);
  report.speed_ratio(name, bar, {[&] { hadamard(); }}, {[&] { dense(); }}, bench::Clock::thread);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  bench::announce(report);
  against_gemm<float>(report, "positive_vs_gemm", bench::at_least(1.0),
                      bench::positive_spec(kDim, kFrequencies));
  against_gemm<float>(report, "trig_vs_gemm", bench::at_least(0.75),
                      bench::paired_spec(kDim, kFrequencies));
  against_eigen(report);
  hadamard_against_dense(report, "hadamard_vs_dense", bench::at_least(3.0), kDim, kFrequencies);
  hadamard_against_dense(report, "hadamard_1024", bench::at_least(15.0), 1024, 4096);
  return 0;
}
