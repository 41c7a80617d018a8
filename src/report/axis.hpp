// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bochner::report {

enum class Scale { linear, log2, log10 };

/// A mark on an axis; minor ones have no label.
struct Tick {
  double value = 0.0;
  std::string label;
};

/// The mapping of an interval of values to [0, 1], and its ticks.
class Axis {
 public:
  /// Covers [low, high] and a little more. Any finite values will do, equal ones included; a
  /// logarithmic axis needs them positive.
  Axis(Scale scale, double low, double high);

  /// Whether a value has a place on the axis.
  bool shows(double value) const;
  /// 0 at the low end, 1 at the high end.
  double position(double value) const;
  const std::vector<Tick>& ticks() const noexcept { return ticks_; }

 private:
  double coordinate(double value) const;
  void add_linear_ticks(double low, double high);
  void add_logarithmic_ticks();

  Scale scale_;
  double low_;   ///< coordinate of position 0
  double high_;  ///< coordinate of position 1
  std::vector<Tick> ticks_;
};

}  // namespace bochner::report
