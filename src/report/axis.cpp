// SPDX-License-Identifier: Apache-2.0
#include "report/axis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace bochner::report {
namespace {

constexpr double kMargin = 0.04;
constexpr double kMostTicks = 9.0;

std::string superscript(int number) {
  constexpr std::array<std::string_view, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                        "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = number < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(number))) {
    out += kDigits[static_cast<std::size_t>(digit - '0')];
  }
  return out;
}

/// `value` without an exponent; with the minus sign that goes with figures.
std::string plain(double value, int decimals) {
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), std::abs(value),
                                 std::chars_format::fixed, decimals);
  return (value < 0.0 ? "−" : "") + std::string(digits.data(), end.ptr);
}

std::string power(int mantissa, int base, int exponent) {
  return (mantissa == 1 ? "" : std::to_string(mantissa) + "·") + std::to_string(base) +
         superscript(exponent);
}

}  // namespace

Axis::Axis(Scale scale, double low, double high) : scale_(scale), low_(0.0), high_(0.0) {
  low_ = coordinate(low);
  high_ = coordinate(high);
  if (!(low_ < high_)) {
    const double half = scale == Scale::linear && low_ != 0.0 ? std::abs(low_) / 2.0 : 0.5;
    low_ -= half;
    high_ += half;
  }
  const double margin = kMargin * (high_ - low_);
  low_ -= margin;
  high_ += margin;
  if (scale == Scale::linear) {
    add_linear_ticks(low_, high_);
  } else {
    add_logarithmic_ticks();
  }
}

double Axis::coordinate(double value) const {
  return scale_ == Scale::linear ? value
         : scale_ == Scale::log2 ? std::log2(value)
                                 : std::log10(value);
}

bool Axis::shows(double value) const {
  return std::isfinite(value) && (scale_ == Scale::linear || value > 0.0);
}

double Axis::position(double value) const { return (coordinate(value) - low_) / (high_ - low_); }

void Axis::add_linear_ticks(double low, double high) {
  const double rough = (high - low) / kMostTicks;
  const double power_of_ten = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power_of_ten;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power_of_ten >= rough) step = factor * power_of_ten;
  }
  const double largest = std::max(std::abs(low), std::abs(high));
  // Where figures would be too long, values are counted in a power of ten.
  const int exponent = static_cast<int>(std::floor(std::log10(largest)));
  const bool counted = largest >= 1e7 || largest < 1e-4;
  const double unit = counted ? std::pow(10.0, exponent) : 1.0;
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step / unit) + 1e-9)));
  const double first = std::ceil(low / step);
  for (int i = 0; i <= static_cast<int>(kMostTicks); ++i) {
    const double value = first + i == 0.0 ? 0.0 : (first + i) * step;
    if (value > high) break;
    ticks_.push_back({value, plain(value / unit, decimals) +
                                 (counted && value != 0.0 ? "·10" + superscript(exponent) : "")});
  }
}

/// Powers of the base, every so many. A decimal axis has its multiples between them, bare, or,
/// where it is short, 2 and 5 times those with a label. One too short even for that has linear
/// ticks.
void Axis::add_logarithmic_ticks() {
  const int base = scale_ == Scale::log2 ? 2 : 10;
  const double low = std::pow(base, low_);
  const double high = std::pow(base, high_);
  if (high < 6.0 * low) {
    add_linear_ticks(low, high);
    return;
  }
  const int stride = std::max(1, static_cast<int>(std::ceil((high_ - low_) / kMostTicks)));
  const bool detailed = high_ - low_ <= 3.0;
  const bool figures = low >= 1e-4 && high <= 1e6;
  for (int e = static_cast<int>(std::floor(low_)); e <= static_cast<int>(std::ceil(high_)); ++e) {
    for (const int mantissa : {1, 2, 3, 4, 5, 6, 7, 8, 9}) {
      if (mantissa > 1 && (base == 2 || stride > 1)) break;
      const double value = mantissa * std::pow(base, e);
      if (coordinate(value) < low_ || coordinate(value) > high_) continue;
      const bool labelled =
          mantissa == 1 ? e % stride == 0 : detailed && (mantissa == 2 || mantissa == 5);
      if (!labelled && stride > 1) continue;
      ticks_.push_back({value, !labelled ? ""
                               : figures ? plain(value, std::max(0, -e))
                                         : power(mantissa, base, e)});
    }
  }
}

}  // namespace bochner::report
