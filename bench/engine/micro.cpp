// SPDX-License-Identifier: Apache-2.0

// Each entry of the engine alone, on one thread, with floating-point operations and bytes a second.
// Usage: bench_micro [Google Benchmark's options]

#include "bench/engine/problem.hpp"
#include "simd/engine.hpp"

#include <benchmark/benchmark.h>

using namespace bochner;

namespace {

constexpr Index kRows = simd::kBlockRows;

void count(benchmark::State& state, double flops, double bytes) {
  using benchmark::Counter;
  constexpr auto kRate = Counter::kIsIterationInvariantRate;
  state.counters["flops"] = Counter(flops, kRate, Counter::kIs1000);
  state.counters["bytes"] = Counter(bytes, kRate, Counter::kIs1024);
}

template <Scalar T>
double size(Index rows, Index cols) {
  return static_cast<double>(rows * cols) * static_cast<double>(sizeof(T));
}

double product(Index n, Index k, Index m) { return 2.0 * static_cast<double>(n * k * m); }

/// Arguments: depth, columns.
template <Scalar T>
void project(benchmark::State& state) {
  const Index d = state.range(0);
  const Index m = state.range(1);
  const Matrix<T> x = bench::normal_rows<T>(kRows, simd::padded<T>(d), 1.0);
  const Matrix<T> w = bench::normal_rows<T>(d, simd::padded<T>(m), 1.0);
  Matrix<T> out(kRows, simd::padded<T>(m));
  for (auto _ : state) {
    simd::kernels<T>().project(x.data(), x.cols(), kRows, w.data(), d, m, out.data(), out.cols());
    benchmark::ClobberMemory();
  }
  count(state, product(kRows, d, m), size<T>(kRows, d) + size<T>(d, m) + size<T>(kRows, m));
}

/// Arguments: features, values.
template <Scalar T>
void accumulate(benchmark::State& state) {
  const Index m = state.range(0);
  const Index values = state.range(1);
  const Matrix<T> phi = bench::normal_rows<T>(kRows, m, 1.0);
  const Matrix<T> v = bench::normal_rows<T>(kRows, values, 1.0);
  Matrix<T> s(m, values);
  for (auto _ : state) {
    simd::kernels<T>().accumulate(phi.data(), m, kRows, m, v.data(), values, values, nullptr,
                                  s.data(), values);
    benchmark::ClobberMemory();
  }
  count(state, product(kRows, m, values),
        size<T>(kRows, m) + size<T>(kRows, values) + 2 * size<T>(m, values));
}

template <Scalar T>
void contract(benchmark::State& state) {
  const Index m = state.range(0);
  const Index values = state.range(1);
  const Matrix<T> phi = bench::normal_rows<T>(kRows, m, 1.0);
  const Matrix<T> s = bench::normal_rows<T>(m, values, 1.0);
  Matrix<T> out(kRows, values);
  for (auto _ : state) {
    simd::kernels<T>().contract(phi.data(), m, kRows, m, s.data(), values, values, out.data(),
                                values);
    benchmark::ClobberMemory();
  }
  count(state, product(kRows, m, values),
        size<T>(kRows, m) + size<T>(m, values) + size<T>(kRows, values));
}

/// Argument: features; one fold of 256 rows.
template <Scalar T>
void rank_update(benchmark::State& state) {
  const Index m = state.range(0);
  const Matrix<T> phi = bench::normal_rows<T>(simd::kFoldRows, m, 1.0);
  Matrix<double> c(m, m);
  for (auto _ : state) {
    simd::kernels<T>().rank_update(phi.data(), m, simd::kFoldRows, m, c.data(), m);
    benchmark::ClobberMemory();
  }
  count(state, product(simd::kFoldRows, m, m) / 2,
        size<T>(simd::kFoldRows, m) + size<double>(m, m));
}

/// Argument: columns. Flops: one exponential is two operations a term of its polynomial.
template <Scalar T>
void exp2_rows(benchmark::State& state) {
  const Index m = state.range(0);
  const Matrix<T> logs = bench::normal_rows<T>(kRows, m, 1.0);
  const std::vector<T> fraction(static_cast<std::size_t>(kRows), T{0});
  std::vector<std::int32_t> exponent(static_cast<std::size_t>(kRows));
  Matrix<T> block(kRows, m);
  for (auto _ : state) {
    std::copy_n(logs.data(), logs.size(), block.data());
    simd::kernels<T>().exp2_rows(block.data(), m, kRows, m, fraction.data(), exponent.data());
    benchmark::ClobberMemory();
  }
  count(state, static_cast<double>(kRows * m) * (sizeof(T) == 4 ? 12.0 : 22.0),
        2 * size<T>(kRows, m));
}

template <Scalar T>
void sincos_rows(benchmark::State& state) {
  const Index m = state.range(0);
  const Matrix<T> angles = bench::normal_rows<T>(kRows, m, 3.0);
  const std::vector<T> scale(static_cast<std::size_t>(kRows), T{1});
  Matrix<T> block(kRows, 2 * m);
  for (auto _ : state) {
    for (Index r = 0; r < kRows; ++r) std::copy_n(angles.row(r), m, block.row(r));
    simd::kernels<T>().sincos_rows(block.data(), 2 * m, kRows, m, scale.data());
    benchmark::ClobberMemory();
  }
  count(state, static_cast<double>(kRows * m) * (sizeof(T) == 4 ? 24.0 : 34.0),
        3 * size<T>(kRows, m));
}

/// Argument: length.
template <Scalar T>
void fwht(benchmark::State& state) {
  const Index n = state.range(0);
  Matrix<T> data(1, n);  // zeros stay zeros, whatever is added
  for (auto _ : state) {
    simd::kernels<T>().fwht(data.data(), n);
    benchmark::ClobberMemory();
  }
  const auto log2_n = static_cast<double>(__builtin_ctzll(static_cast<unsigned long long>(n)));
  count(state, static_cast<double>(n) * log2_n, 2 * size<T>(1, n));
}

/// Arguments: length, columns; three rounds.
template <Scalar T>
void hadamard(benchmark::State& state) {
  constexpr Index kRounds = 3;
  const Index n = state.range(0);
  const Index m = state.range(1);
  const Matrix<T> x = bench::normal_rows<T>(kRows, n, 1.0);
  Matrix<T> signs(kRounds, m);
  std::fill_n(signs.data(), signs.size(), T{1});
  Matrix<T> out(kRows, m);
  Matrix<T> scratch(1, simd::hadamard_scratch<T>(n));
  for (auto _ : state) {
    simd::kernels<T>().hadamard(x.data(), n, kRows, n, n, signs.data(), kRounds, signs.data(), m,
                                out.data(), m, scratch.data());
    benchmark::ClobberMemory();
  }
  const auto log2_n = static_cast<double>(__builtin_ctzll(static_cast<unsigned long long>(n)));
  count(state, static_cast<double>(kRows * m) * (kRounds * (log2_n + 1.0) + 1.0),
        size<T>(kRows, n) + size<T>(kRows, m));
}

BENCHMARK_TEMPLATE(project, float)->Args({64, 256})->Args({1024, 4096});
BENCHMARK_TEMPLATE(project, double)->Args({64, 256});
BENCHMARK_TEMPLATE(accumulate, float)->Args({256, 64});
BENCHMARK_TEMPLATE(accumulate, double)->Args({256, 64});
BENCHMARK_TEMPLATE(contract, float)->Args({256, 64});
BENCHMARK_TEMPLATE(contract, double)->Args({256, 64});
BENCHMARK_TEMPLATE(rank_update, float)->Arg(1024);
BENCHMARK_TEMPLATE(rank_update, double)->Arg(1024);
BENCHMARK_TEMPLATE(exp2_rows, float)->Arg(256);
BENCHMARK_TEMPLATE(exp2_rows, double)->Arg(256);
BENCHMARK_TEMPLATE(sincos_rows, float)->Arg(256);
BENCHMARK_TEMPLATE(sincos_rows, double)->Arg(256);
BENCHMARK_TEMPLATE(fwht, float)->Arg(64)->Arg(1024);
BENCHMARK_TEMPLATE(hadamard, float)->Args({64, 256})->Args({1024, 4096});
BENCHMARK_TEMPLATE(hadamard, double)->Args({64, 256})->Args({1024, 4096});

}  // namespace

BENCHMARK_MAIN();
