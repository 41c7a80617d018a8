// SPDX-License-Identifier: Apache-2.0

// Errors of the elementary functions in units in the last place, for every instruction set that
// this machine has: every float of a range, and random doubles against long double.
// Usage: bench_ulp [--quick]

#include "bench/support/report.hpp"
#include "bochner/random/stream.hpp"
#include "core/parallel.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

using namespace bochner;

namespace {

template <Scalar T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
/// Wide enough that its own error does not show.
template <Scalar T>
using Reference = std::conditional_t<sizeof(T) == 4, double, long double>;

template <Scalar T>
struct Function {
  const char* name;
  const char* range;
  double low, high;  ///< of |x|
  int signs;         ///< 1: only x <= 0; 2: both
  double bar;        ///< ulp
  Reference<T> (*exact)(Reference<T>);
  void (*computed)(const simd::Kernels<T>&, const T*, T*, Index);
};

constexpr Index kChunk = 4096;

/// A row whose maximum is 0, so that it keeps exponent 0.
template <Scalar T>
void exp2_row(const simd::Kernels<T>& engine, const T* x, T* out, Index n) {
  std::copy_n(x, n, out);
  out[n] = T{0};
  const T fraction = T{0};
  std::int32_t exponent = 0;
  engine.exp2_rows(out, simd::padded<T>(n + 1), 1, n + 1, &fraction, &exponent);
}

template <Scalar T>
std::vector<Function<T>> functions() {
  using R = Reference<T>;
  constexpr bool kFloat = sizeof(T) == 4;
  const double trigonometric = kFloat ? 2.0 : 4.0;
  return {
      {"exp", kFloat ? "-104..88.7" : "-745..709", kFloat ? 1e-8 : 1e-17, kFloat ? 104.0 : 745.0, 2,
       2.0, [](R x) { return std::exp(x); },
       [](const auto& e, const T* x, T* out, Index n) { e.exp(x, out, n); }},
      {"exp2 of rows", kFloat ? "-126..0" : "-1022..0", kFloat ? 1e-8 : 1e-17,
       kFloat ? 126.0 : 1022.0, 1, 2.0, [](R x) { return std::exp2(x); }, exp2_row<T>},
      {"sin", "-1e6..1e6", kFloat ? 1e-4 : 1e-9, 1e6, 2, trigonometric,
       [](R x) { return std::sin(x); },
       [](const auto& e, const T* x, T* out, Index n) {
         std::array<T, kChunk> other;
         e.sincos(x, other.data(), out, n);
       }},
      {"cos", "-1e6..1e6", kFloat ? 1e-4 : 1e-9, 1e6, 2, trigonometric,
       [](R x) { return std::cos(x); },
       [](const auto& e, const T* x, T* out, Index n) {
         std::array<T, kChunk> other;
         e.sincos(x, out, other.data(), n);
       }},
  };
}

struct Errors {
  double max = 0.0;  ///< ulp
  double sum = 0.0;  ///< ulp
  double count = 0.0;
  void add(const Errors& other) {
    max = std::max(max, other.max);
    sum += other.sum;
    count += other.count;
  }
};

/// The distance between neighbours of T at the value.
template <Scalar T>
Reference<T> ulp_at(Reference<T> value) {
  using L = std::numeric_limits<T>;
  const int exponent = std::max(std::ilogb(value), L::min_exponent - 1);
  return std::ldexp(Reference<T>{1}, exponent - L::digits + 1);
}

/// The arguments of a chunk: neighbouring bit patterns of float, random ones of double.
template <Scalar T>
Index arguments(const Function<T>& f, Index chunk, Index step, T* x) {
  const auto low = std::bit_cast<Bits<T>>(static_cast<T>(f.low));
  const auto high = std::bit_cast<Bits<T>>(static_cast<T>(f.high));
  Index n = 0;
  const Stream stream(Seed{3}, Purpose::study, static_cast<std::uint64_t>(chunk));
  for (Index i = 0; i < kChunk / 2; ++i) {
    Bits<T> bits = 0;
    if constexpr (sizeof(T) == 4) {
      const Index pattern = static_cast<Index>(low) + (chunk * kChunk / 2 + i) * step;
      if (pattern > static_cast<Index>(high)) break;
      bits = static_cast<Bits<T>>(pattern);
    } else {
      const double u = stream.uniform(static_cast<std::uint64_t>(i));
      bits = low + static_cast<Bits<T>>(u * static_cast<double>(high - low));
    }
    const T value = std::bit_cast<T>(bits);
    x[n++] = -value;
    if (f.signs == 2) x[n++] = value;
  }
  return n;
}

/// Prints the rows of the table; returns the worst error that counts.
template <Scalar T>
double measure(bench::Report& report, const Function<T>& f, Index step, Index doubles) {
  const auto engines = simd::available_kernels<T>();
  const auto low = std::bit_cast<Bits<T>>(static_cast<T>(f.low));
  const auto high = std::bit_cast<Bits<T>>(static_cast<T>(f.high));
  const Index patterns = sizeof(T) == 4 ? static_cast<Index>(high - low) / step + 1 : doubles;
  const Index chunks = (patterns + kChunk / 2 - 1) / (kChunk / 2);
  const auto workers = static_cast<std::size_t>(worker_count(chunks, {}));
  std::vector<std::vector<Errors>> errors(workers, std::vector<Errors>(engines.size()));
  parallel_for_blocks(chunks, {}, [&](Index chunk, int worker) {
    std::array<T, kChunk> x;
    alignas(64) std::array<T, kChunk + 64> out;
    std::array<Reference<T>, kChunk> exact;
    std::array<Reference<T>, kChunk> inverse_ulp;
    const Index n = arguments(f, chunk, step, x.data());
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      exact[i] = f.exact(static_cast<Reference<T>>(x[i]));
      inverse_ulp[i] = 1 / ulp_at<T>(exact[i]);
    }
    for (std::size_t e = 0; e < engines.size(); ++e) {
      f.computed(*engines[e], x.data(), out.data(), n);
      Errors mine;
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        if (!std::isfinite(static_cast<T>(exact[i]))) continue;
        const Reference<T> error = std::abs(static_cast<Reference<T>>(out[i]) - exact[i]);
        const auto ulps = static_cast<double>(error * inverse_ulp[i]);
        mine.max = std::max(mine.max, ulps);
        mine.sum += ulps;
        mine.count += 1.0;
      }
      errors[static_cast<std::size_t>(worker)][e].add(mine);
    }
  });
  double worst = 0.0;
  const char* const type = sizeof(T) == 4 ? "float" : "double";
  for (std::size_t e = 0; e < engines.size(); ++e) {
    Errors all;
    for (const auto& mine : errors) all.add(mine[e]);
    report.note("| %s | %s | %s | %.*s | %.0f | %.3g | %.3f |", f.name, type, f.range,
                static_cast<int>(engines[e]->name.size()), engines[e]->name.data(), all.count,
                all.max, all.sum / all.count);
    worst = std::max(worst, all.max);
  }
  return worst;
}

struct Line {
  std::string name;
  double value;
  double bar;
};

template <Scalar T>
void measure_all(bench::Report& report, Index step, Index doubles, std::vector<Line>& lines) {
  for (const Function<T>& f : functions<T>()) {
    std::string name = std::string("ulp_") + f.name + (sizeof(T) == 4 ? "_f32" : "_f64");
    std::replace(name.begin(), name.end(), ' ', '_');
    lines.push_back({name, measure(report, f, step, doubles), f.bar});
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  report.note(
      "| function | type | range | engine | arguments | max ulp | mean "
      "ulp |");
  report.note("|---|---|---|---|---|---|---|");
  const Index step = report.choose(1, 257);
  const Index doubles = report.choose(Index{4} << 20, Index{1} << 18);
  std::vector<Line> lines;
  measure_all<float>(report, step, doubles, lines);
  measure_all<double>(report, step, doubles, lines);
  for (const Line& line : lines) report.line(line.name, line.value, bench::at_most(line.bar));
  return 0;
}
