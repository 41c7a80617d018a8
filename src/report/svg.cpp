// SPDX-License-Identifier: Apache-2.0
#include "report/svg.hpp"

#include "io/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace bochner::report {

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : io::printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string svg_number(double value) {
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::fixed, 2);
  return {digits.data(), end.ptr};
}

std::string svg_open(double width, double height, std::string_view title) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + svg_number(width) + "\" height=\"" +
         svg_number(height) + "\" viewBox=\"0 0 " + svg_number(width) + " " + svg_number(height) +
         "\" role=\"img\" font-family=\"Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation "
         "Sans', 'DejaVu Sans', sans-serif\" font-size=\"12\" fill=\"#333\">\n<title>" +
         xml_text(title) + "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
}

std::string svg_panels(std::span<const std::string> panels, int columns, double width,
                       double height) {
  const int count = static_cast<int>(panels.size());
  const int across = std::min(columns, count);
  const int down = (count + across - 1) / across;
  std::string out = svg_open(across * width, down * height, "");
  constexpr std::string_view kTag = "<svg ";
  for (int p = 0; p < count; ++p) {
    const std::string& panel = panels[static_cast<std::size_t>(p)];
    out += "<svg x=\"" + svg_number(p % across * width) + "\" y=\"" +
           svg_number(p / across * height) + "\" " + panel.substr(kTag.size());
  }
  return out + "</svg>\n";
}

}  // namespace bochner::report
