// SPDX-License-Identifier: Apache-2.0
#include "report/chart.hpp"

#include "report/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace bochner::report {
namespace {

constexpr double kWidth = 760.0;
constexpr double kHeight = 500.0;
constexpr double kLeft = 86.0;
constexpr double kRight = kWidth - 28.0;
constexpr double kBottom = kHeight - 62.0;
constexpr double kLegendRow = 20.0;
constexpr double kSwatch = 22.0;
constexpr double kMarkerRadius = 4.2;
/// Mean advance of a letter of the legend (12 units high): fonts differ, so the legend is spaced
/// generously.
constexpr double kLetter = 6.2;

/// Distinguishable to colour-blind readers [Okabe and Ito 2008].
constexpr std::array<std::string_view, 6> kPalette = {"#0072b2", "#d55e00", "#009e73",
                                                      "#cc79a7", "#e69f00", "#56b4e9"};

std::string_view colour_of(const Series& series) {
  return kPalette[static_cast<std::size_t>(series.colour) % kPalette.size()];
}

/// Letters of a UTF-8 text.
double letters(std::string_view text) {
  return static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart)
      : chart_(chart),
        x_(make_axis(chart.x_scale,
                     [](const Point& p) {
                       return std::array{p.x, p.x};
                     })),
        y_(make_axis(chart.y_scale, [&](const Point& p) {
          // A bar that reaches zero has no end on a logarithmic axis.
          const double low = p.y - p.error;
          const bool ends = chart.y_scale == Scale::linear || low > 0.0;
          return std::array{ends ? low : p.y, p.y + p.error};
        })) {}

  std::string draw() {
    open();
    double y = title();
    y = legend(y);
    top_ = y + 8.0;
    grid();
    for (const Series& series : chart_.series) bars(series);
    for (const Series& series : chart_.series) lines(series);
    for (const Series& series : chart_.series) markers(series);
    labels();
    return out_ + "</svg>\n";
  }

 private:
  template <class Extent>
  Axis make_axis(Scale scale, const Extent& extent) const {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const Series& series : chart_.series) {
      for (const Point& point : series.points) {
        for (const double value : extent(point)) {
          if (!std::isfinite(value) || (scale != Scale::linear && value <= 0.0)) continue;
          low = std::min(low, value);
          high = std::max(high, value);
        }
      }
    }
    return low <= high ? Axis(scale, low, high) : Axis(scale, 1.0, 10.0);
  }

  bool shows(const Point& p) const { return x_.shows(p.x) && y_.shows(p.y); }
  double px(double x) const { return kLeft + x_.position(x) * (kRight - kLeft); }
  double py(double y) const { return kBottom - y_.position(y) * (kBottom - top_); }

  void text(double x, double y, std::string_view style, std::string_view words) {
    out_ += "<text x=\"" + svg_number(x) + "\" y=\"" + svg_number(y) + "\" ";
    out_ += style;
    out_ += ">" + xml_text(words) + "</text>\n";
  }

  void segment(double x1, double y1, double x2, double y2, std::string_view style) {
    out_ += "<path d=\"M" + svg_number(x1) + " " + svg_number(y1) + "L" + svg_number(x2) + " " +
            svg_number(y2) + "\" ";
    out_ += style;
    out_ += "/>\n";
  }

  void open() { out_ = svg_open(kWidth, kHeight, chart_.title); }

  double title() {
    double y = 32.0;
    text(kLeft, y, "font-size=\"17\" font-weight=\"600\" fill=\"#111\"", chart_.title);
    if (!chart_.subtitle.empty()) {
      y += 20.0;
      text(kLeft, y, "fill=\"#666\"", chart_.subtitle);
    }
    return y + 12.0;
  }

  double legend(double y) {
    double x = kLeft;
    bool any = false;
    for (const Series& series : chart_.series) {
      if (series.label.empty()) continue;
      const double width = kSwatch + 8.0 + kLetter * letters(series.label) + 14.0;
      if (any && x + width > kRight) {
        x = kLeft;
        y += kLegendRow;
      }
      any = true;
      const double middle = y + kLegendRow / 2.0;
      if (series.line != Line::none) segment(x, middle, x + kSwatch, middle, stroke(series));
      marker(series, x + kSwatch / 2.0, middle);
      text(x + kSwatch + 8.0, middle + 4.2, "", series.label);
      x += width;
    }
    return any ? y + kLegendRow : y;
  }

  void grid() {
    for (const Tick& tick : x_.ticks()) {
      const double x = px(tick.value);
      segment(x, top_, x, kBottom,
              tick.label.empty() ? "stroke=\"#f3f3f3\"" : "stroke=\"#e6e6e6\"");
      if (!tick.label.empty()) text(x, kBottom + 20.0, "text-anchor=\"middle\"", tick.label);
    }
    for (const Tick& tick : y_.ticks()) {
      const double y = py(tick.value);
      segment(kLeft, y, kRight, y,
              tick.label.empty() ? "stroke=\"#f3f3f3\"" : "stroke=\"#e6e6e6\"");
      if (!tick.label.empty()) text(kLeft - 10.0, y + 4.2, "text-anchor=\"end\"", tick.label);
    }
    segment(kLeft, kBottom, kRight, kBottom, "stroke=\"#999\"");
  }

  std::string stroke(const Series& series) const {
    return "fill=\"none\" stroke=\"" + std::string(colour_of(series)) +
           "\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"" +
           (series.line == Line::dashed ? " stroke-dasharray=\"6 5\"" : "");
  }

  void lines(const Series& series) {
    if (series.line == Line::none) return;
    std::string path;
    bool drawing = false;
    for (const Point& point : series.points) {
      if (shows(point)) {
        path += (drawing ? "L" : "M") + svg_number(px(point.x)) + " " + svg_number(py(point.y));
      }
      drawing = shows(point);
    }
    if (!path.empty()) out_ += "<path d=\"" + path + "\" " + stroke(series) + "/>\n";
  }

  void bars(const Series& series) {
    const std::string style =
        "stroke=\"" + std::string(colour_of(series)) + "\" stroke-width=\"1.4\"";
    for (const Point& point : series.points) {
      if (!shows(point) || !(point.error > 0.0) || !std::isfinite(point.error)) continue;
      const double x = px(point.x);
      const double low = point.y - point.error;
      const double bottom = y_.shows(low) ? py(low) : kBottom;
      const double top = py(point.y + point.error);
      segment(x, bottom, x, top, style);
      segment(x - 4.0, top, x + 4.0, top, style);
      if (y_.shows(low)) segment(x - 4.0, bottom, x + 4.0, bottom, style);
    }
  }

  void markers(const Series& series) {
    for (const Point& point : series.points) {
      if (shows(point)) marker(series, px(point.x), py(point.y));
    }
  }

  void marker(const Series& series, double x, double y) {
    const double r = kMarkerRadius;
    const auto polygon = [&](std::initializer_list<std::array<double, 2>> corners) {
      out_ += "<path d=\"";
      char command = 'M';
      for (const auto& [dx, dy] : corners) {
        out_ += command + svg_number(x + r * dx) + " " + svg_number(y + r * dy);
        command = 'L';
      }
      out_ += "Z\" ";
    };
    switch (series.marker) {
      case Marker::none:
        return;
      case Marker::circle:
        out_ += "<circle cx=\"" + svg_number(x) + "\" cy=\"" + svg_number(y) + "\" r=\"" +
                svg_number(r) + "\" ";
        break;
      case Marker::square:
        polygon({{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}});
        break;
      case Marker::triangle:
        polygon({{0.0, -1.2}, {1.1, 0.8}, {-1.1, 0.8}});
        break;
      case Marker::diamond:
        polygon({{0.0, -1.3}, {1.1, 0.0}, {0.0, 1.3}, {-1.1, 0.0}});
        break;
    }
    out_ +=
        "fill=\"#fff\" stroke=\"" + std::string(colour_of(series)) + "\" stroke-width=\"1.8\"/>\n";
  }

  void labels() {
    text((kLeft + kRight) / 2.0, kBottom + 46.0, "text-anchor=\"middle\" font-size=\"13\"",
         chart_.x_label);
    const std::string place = svg_number(24.0) + " " + svg_number((top_ + kBottom) / 2.0);
    out_ += "<text transform=\"translate(" + place +
            ") rotate(-90)\" text-anchor=\"middle\" font-size=\"13\">" + xml_text(chart_.y_label) +
            "</text>\n";
  }

  const Chart& chart_;
  Axis x_;
  Axis y_;
  double top_ = 0.0;
  std::string out_;
};

}  // namespace

std::string to_svg(const Chart& chart) { return Drawing(chart).draw(); }

std::string to_svg(std::span<const Chart> charts, int columns) {
  std::vector<std::string> panels;
  for (const Chart& chart : charts) panels.push_back(to_svg(chart));
  return svg_panels(panels, columns, kWidth, kHeight);
}

}  // namespace bochner::report
