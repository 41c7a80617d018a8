// SPDX-License-Identifier: Apache-2.0
#include "bochner/version.hpp"
#include "core/numbers.hpp"
#include "report/identity.hpp"
#include "report/study_columns.hpp"
#include "report/svg.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace bochner::report {
namespace {

constexpr int kDigits = 3;

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>How wrong is the kernel estimate?</title>\n<style>\n"
    "body{font:16px/1.55 Inter,'Helvetica Neue',Helvetica,Arial,sans-serif;color:#222;"
    "max-width:1180px;margin:2.5rem auto;padding:0 1.2rem}\n"
    "h1{font-size:1.9rem;margin:0 0 .3rem}h2{font-size:1.25rem;margin:2.6rem 0 .4rem}\n"
    ".facts,footer{color:#666;font-size:.9rem}.lead{font-size:1.12rem;max-width:62rem}\n"
    "figure{margin:.6rem 0}figure svg{width:100%;height:auto;border:1px solid #eee;"
    "border-radius:6px}figcaption{color:#555;font-size:.92rem;max-width:62rem}\n"
    "table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.22rem .7rem;text-align:right;border-bottom:1px solid #eee}\n"
    "thead{position:sticky;top:0;background:#fff}td:first-child,th:first-child,td:nth-child(2),"
    "th:nth-child(2){text-align:left}th[colspan]{text-align:center}\n"
    ".off{background:#fdeee3}summary{cursor:pointer;color:#0072b2}\n"
    "</style>\n</head>\n<body>\n";

std::string element(std::string_view tag, const std::string& text) {
  return "<" + std::string(tag) + ">" + xml_text(text) + "</" + std::string(tag) + ">";
}

std::string map_name(const StudyAgreement& map) {
  return map.label + " features with " + map.projection + " frequencies";
}

/// What was found, in two sentences.
std::string lead(const StudyResult& result, const std::vector<StudyAgreement>& maps) {
  const auto by_error = [](const StudyAgreement& a, const StudyAgreement& b) {
    return a.predicted < b.predicted;
  };
  Index columns = 0;
  for (const StudyAgreement& map : maps) columns = std::max(columns, map.num_features);
  const auto best = std::min_element(maps.begin(), maps.end(), by_error);
  std::string out = "Over these pairs, " + map_name(*best) + " are the most accurate: with " +
                    std::to_string(best->num_features) + " columns their relative error is " +
                    significant(best->predicted, kDigits) + " (root mean square, closed form)";
  if (result.replicates > 0) {
    out += ", measured " + significant(best->measured, kDigits);
    Index compared = 0;
    Index agreeing = 0;
    for (const StudyAgreement& map : maps) {
      compared += map.compared;
      agreeing += map.agreeing;
    }
    out += ". Of " + std::to_string(compared) + " measured variances " + std::to_string(agreeing) +
           " lie within two standard errors of the predicted one";
  }
  return out + ".";
}

std::string figure(const std::string& title, const std::string& svg, const std::string& caption) {
  if (svg.empty()) return "";
  return element("h2", title) + "\n<figure>\n" + svg + element("figcaption", caption) +
         "\n</figure>\n";
}

/// The cells, shaded where what was measured is far from what was predicted.
std::string cell_table(const StudyResult& result) {
  if (result.replicates == 0) return html_table(tabulate(predicted_columns(), result.cells));
  constexpr double kFar = 4.0;
  std::vector<std::string> classes;
  for (const study::StudyCell& cell : result.cells) {
    const bool off = varies(cell) && std::abs(cell.measured_variance - cell.predicted_variance) >
                                         kFar * cell.measured_variance_error;
    classes.emplace_back(off ? "off" : "");
  }
  return html_table(tabulate(cell_columns(), result.cells), classes);
}

}  // namespace

std::string study_page(const StudyResult& result, const std::string& error_figure,
                       const std::string& ratio_figure, const std::string& matrix_figure) {
  const std::vector<StudyAgreement> maps = agreement(result.cells);
  std::string out(kHead);
  out += element("h1", "How wrong is the kernel estimate?") + "\n<p class=\"facts\">" +
         xml_text(to_text(result.kernel) + ", dimension " + std::to_string(result.dimension) +
                  ", " + std::to_string(result.replicates) + " replicates, seed " +
                  std::to_string(result.seed.value) +
                  (result.input ? ", pairs of " + result.input->path : "")) +
         "</p>\n<p class=\"lead\">" + xml_text(lead(result, maps)) + "</p>\n";
  out += figure("Error against columns", error_figure,
                "Lines are closed forms, points are measured, with one standard error. Columns of "
                "phi are what features cost in memory and time; trigonometric and hyperbolic "
                "features have two per frequency.");
  out += figure("Trigonometric or positive?", ratio_figure,
                "Orange: positive features win by that many powers of ten; blue: trigonometric "
                "ones. Positive features are accurate where the kernel is small, trigonometric "
                "ones where it is large.");
  out += figure("A whole matrix of kernel values", matrix_figure,
                "Relative Frobenius error, " + result.matrix_rows +
                    ". Where points lie below their line, the mean is carried by draws too rare "
                    "to be among these.");
  out += element("h2", "Maps") + "\n" +
         html_table(tabulate(
             result.replicates > 0 ? agreement_columns() : predicted_agreement_columns(), maps));
  if (result.replicates > 0) {
    out +=
        "<p class=\"facts\">A standard error is taken from the same draws: for heavy tails "
        "(exponential features at large |x + y|) it is too small, and the measured variance too "
        "low. Cells beyond four of them are shaded below.</p>\n";
  }
  out += element("h2", "Cells") + "\n<details>\n<summary>All " +
         std::to_string(result.cells.size()) + " cells</summary>\n" + cell_table(result) +
         "</details>\n";
  return out + "<footer><p>bochner " + xml_text(version_string()) + ", instruction set " +
         xml_text(instruction_set()) +
         ". The numbers are in cells.csv, matrix.csv and report.json.</p></footer>\n</body>\n"
         "</html>\n";
}

}  // namespace bochner::report
