// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/data_scale.hpp"

#include "bochner/kernel/options.hpp"
#include "bochner/random/stream.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bochner {
namespace {

constexpr Index kAllPairsUpTo = 2048;
constexpr std::uint64_t kSampledPairs = std::uint64_t{1} << 21;
constexpr Seed kPairSeed{0x6d656469616e};

/// a - b; 0 where they are neighbouring numbers, whose difference is rounding and no distance.
template <Scalar T>
double difference(T a, T b) {
  const double d = static_cast<double>(a) - static_cast<double>(b);
  const double larger =
      std::max(std::abs(static_cast<double>(a)), std::abs(static_cast<double>(b)));
  return std::abs(d) <= std::numeric_limits<T>::epsilon() * larger ? 0.0 : d;
}

/// |x_i - x_j| where the squares leave the range of double.
template <Scalar T>
double scaled_distance(MatrixView<const T> x, Index i, Index j) {
  double largest = 0.0;
  const auto half = [&](Index k) {
    return 0.5 * static_cast<double>(x(i, k)) - 0.5 * static_cast<double>(x(j, k));
  };
  for (Index k = 0; k < x.cols; ++k) {
    if (difference(x(i, k), x(j, k)) != 0.0) largest = std::max(largest, std::abs(half(k)));
  }
  if (largest == 0.0) return 0.0;
  double sum = 0.0;
  for (Index k = 0; k < x.cols; ++k) {
    if (difference(x(i, k), x(j, k)) != 0.0) sum += half(k) / largest * (half(k) / largest);
  }
  return 2.0 * (largest * std::sqrt(sum));
}

template <Scalar T>
double distance(MatrixView<const T> x, Index i, Index j) {
  constexpr double kLeast = 1e-280;  // squares below this are not exact
  constexpr double kMost = 1e300;
  double sum = 0.0;
  for (Index k = 0; k < x.cols; ++k) {
    const double d = difference(x(i, k), x(j, k));
    sum += d * d;
  }
  return sum >= kLeast && sum <= kMost ? std::sqrt(sum) : scaled_distance(x, i, j);
}

template <Scalar T>
std::vector<double> all_pairs(MatrixView<const T> x) {
  std::vector<double> distances;
  distances.reserve(static_cast<std::size_t>(x.rows * (x.rows - 1) / 2));
  for (Index i = 1; i < x.rows; ++i) {
    for (Index j = 0; j < i; ++j) distances.push_back(distance(x, i, j));
  }
  return distances;
}

template <Scalar T>
std::vector<double> sampled_pairs(MatrixView<const T> x) {
  const Stream stream(kPairSeed, Purpose::study);
  const auto n = static_cast<double>(x.rows);
  std::vector<double> distances(kSampledPairs);
  for (std::uint64_t p = 0; p < kSampledPairs; ++p) {
    const auto i = static_cast<Index>(stream.uniform(2 * p) * n);
    const auto step = 1 + static_cast<Index>(stream.uniform(2 * p + 1) * (n - 1.0));
    distances[p] = distance(x, i, (i + step) % x.rows);
  }
  return distances;
}

template <Scalar T>
double median_distance(MatrixView<const T> x) {
  constexpr Door kDoor("median_lengthscale");
  kDoor.at_least("the number of rows of x", x.rows, 2)
      .at_least("the number of columns of x", x.cols, 1)
      .finite("x", x);
  std::vector<double> distances = x.rows <= kAllPairsUpTo ? all_pairs(x) : sampled_pairs(x);
  const auto middle = distances.begin() + static_cast<Index>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  if (*middle == 0.0) {
    kDoor.refuse(
        "the median distance is 0: more than half of the pairs of rows are duplicates up to "
        "rounding; give a lengthscale");
  }
  if (std::isinf(*middle)) kDoor.refuse("the median distance overflows; scale the inputs down");
  return *middle;
}

/// value 4^half_exponent
struct ScaledSquare {
  double value = 0.0;
  int half_exponent = 0;
};

double largest_entry(MatrixView<const double> x) {
  double largest = 0.0;
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) largest = std::max(largest, std::abs(x(i, k)));
  }
  return largest;
}

/// A column times `unit`: its first entry, and the mean and variance of what others are beyond it.
struct Column {
  double first, mean, variance;
};

Column column_of(MatrixView<const double> x, Index k, double unit) {
  Column out{unit * x(0, k), 0.0, 0.0};
  const auto beyond = [&](Index i) { return difference(unit * x(i, k), out.first); };
  for (Index i = 0; i < x.rows; ++i) out.mean += beyond(i);
  out.mean /= static_cast<double>(x.rows);
  for (Index i = 0; i < x.rows; ++i) {
    out.variance += (beyond(i) - out.mean) * (beyond(i) - out.mean);
  }
  out.variance /= static_cast<double>(x.rows);
  return out;
}

/// The mean of |x_i + y_j|^2 is |mean x + mean y|^2 and the variances: nothing that cancels.
ScaledSquare scaled_mean_square_sum(const Door& door, MatrixView<const double> x,
                                    MatrixView<const double> y) {
  door.at_least("the number of rows of x", x.rows, 1)
      .at_least("the number of rows of y", y.rows, 1)
      .columns("y", y, x.cols, "the columns of x")
      .finite("x", x)
      .finite("y", y);
  const double largest = std::max(largest_entry(x), largest_entry(y));
  if (largest == 0.0) return {};
  ScaledSquare out{0.0, std::clamp(std::ilogb(largest), -1000, 1000)};
  const double unit = std::ldexp(1.0, -out.half_exponent);
  for (Index k = 0; k < x.cols; ++k) {
    const Column a = column_of(x, k, unit);
    const Column b = column_of(y, k, unit);
    const double mean = difference(a.first, -b.first) + (a.mean + b.mean);
    out.value += mean * mean + a.variance + b.variance;
  }
  return out;
}

}  // namespace

double median_lengthscale(MatrixView<const double> x) { return median_distance(x); }
double median_lengthscale(MatrixView<const float> x) { return median_distance(x); }

double mean_square_sum(MatrixView<const double> x, MatrixView<const double> y) {
  constexpr Door kDoor("mean_square_sum");
  const ScaledSquare mean = scaled_mean_square_sum(kDoor, x, y);
  const double out = std::ldexp(mean.value, 2 * mean.half_exponent);
  if (std::isinf(out) || (out == 0.0 && mean.value > 0.0)) {
    const double digits = std::log10(mean.value) + 2.0 * std::log10(2.0) * mean.half_exponent;
    kDoor.refuse("the mean of |x + y|^2 is about 10^" + std::to_string(static_cast<int>(digits)) +
                 ", beyond the range of double; scale the inputs");
  }
  return out;
}

double softmax_scale_for(MatrixView<const double> x, MatrixView<const double> y, double target) {
  constexpr Door kDoor("softmax_scale_for");
  kDoor.positive("target", target);
  const ScaledSquare mean = scaled_mean_square_sum(kDoor, x, y);
  if (mean.value == 0.0) kDoor.refuse("every x_i + y_j is zero, so no scale reaches a mean");
  const double scale = std::ldexp(target / mean.value, -2 * mean.half_exponent);
  if (!std::isnormal(scale)) {
    kDoor.refuse("the scale leaves the range of double; scale the inputs");
  }
  return scale;
}

void MedianScale::set(Kernel& kernel, MatrixView<const double> rows) const {
  if (Metric* const metric = metric_of(kernel)) *metric = Isotropic{median_lengthscale(rows)};
}

void DimensionScale::set(Kernel& kernel, MatrixView<const double> rows) const {
  if (double* const scale = dot_scale_of(kernel)) {
    *scale = SoftmaxKernel::for_dimension(rows.cols).scale;
  }
}

void MeanSquareSumScale::set(Kernel& kernel, MatrixView<const double> rows) const {
  if (double* const scale = dot_scale_of(kernel)) *scale = softmax_scale_for(rows, rows, target);
}

Kernel with_scale(Kernel kernel, const ScaleRule& rule, MatrixView<const double> rows) {
  std::visit([&](const auto& r) { r.set(kernel, rows); }, rule);
  return kernel;
}

}  // namespace bochner
