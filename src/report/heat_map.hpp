// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bochner::report {

/// A function of two variables as coloured cells: orange where it is positive, blue where it is
/// negative, white at zero.
struct HeatMap {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  std::string below;  ///< what negative values mean
  std::string above;  ///< what positive values mean
  double x_low = 0.0;
  double x_high = 1.0;
  double y_low = 0.0;
  double y_high = 1.0;
  double largest = 1.0;                     ///< values beyond it have its colour
  std::vector<std::vector<double>> values;  ///< by row from the lowest y, by column from the
                                            ///< lowest x: at the middles of equal cells
};

/// The map as a self-contained SVG document of 760 x 500 units.
std::string to_svg(const HeatMap& map);

/// Maps beside each other in rows of `columns`, as one document.
std::string to_svg(const std::vector<HeatMap>& maps, int columns);

}  // namespace bochner::report
