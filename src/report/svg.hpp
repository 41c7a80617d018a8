// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

/// \file
/// Pieces of SVG documents.

namespace bochner::report {

/// `text` as XML character data, of what is printable; the rest, some of which XML forbids, is
/// written as escapes (see `io::printable`).
std::string xml_text(std::string_view text);

/// A coordinate, with two decimals.
std::string svg_number(double value);

/// The opening tag of a self-contained document with a white ground, its title and its fonts.
std::string svg_open(double width, double height, std::string_view title);

/// Documents of one size as the panels of one document, in rows of `columns`.
std::string svg_panels(std::span<const std::string> panels, int columns, double width,
                       double height);

}  // namespace bochner::report
