// SPDX-License-Identifier: Apache-2.0
#include "report/gram_certificate_report.hpp"

#include "core/numbers.hpp"
#include "report/gram_report.hpp"
#include "report/identity.hpp"
#include "report/record.hpp"
#include "report/spec_values.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

namespace bochner::report {
namespace {

constexpr int kDigits = 4;

std::string projection_of(const FeatureMapSpec& spec) {
  return std::visit([](const auto& p) { return std::string(p.name); }, spec.projection);
}

bool converged(const study::GramCertificate& row) {
  return row.spectral.converged && row.delta.converged;
}

Value pair_of(const Interval& interval) { return std::vector<double>{interval.low, interval.high}; }

/// Marked where the iteration that gave it was cut short.
std::string marked(double value, const study::GramCertificate& row) {
  return significant(value, kDigits) + (converged(row) ? "" : "*");
}

constexpr const char* kAbsolute = "|K^ - K|_F";
constexpr const char* kRelative = "over |K|_F";

ColumnHead relative(const char* heading) {
  return {.heading = heading, .group = kRelative, .digits = kDigits};
}

/// An end of an interval; JSON has both in one.
ColumnHead end(const char* name) {
  ColumnHead out = csv_only(name);
  out.heading = name;
  out.group = kAbsolute;
  out.digits = kDigits;
  return out;
}

/// Nothing where nothing was predicted, or K is nearly sparse.
Value predicted_relative(const study::GramCertificate& row) {
  return row.predicted ? Value(row.predicted->relative_error) : Value();
}
auto relative_end(double Interval::*bound) {
  return [bound](const study::GramCertificate& row) {
    return row.relative ? Value(*row.relative.*bound) : Value();
  };
}

/// `spectral_norm`: |K|_2
Columns<study::GramCertificate> certificate_columns(double spectral_norm) {
  using Row = study::GramCertificate;
  return {
      {{.heading = "projection"}, [](const Row& row) { return projection_of(row.spec); }},
      {json_only("spec"), spec_text},
      {csv_only("projection"), projection_text},
      {both("frequencies"), frequencies_of},
      {both("features"), columns_of},
      {{.key = "predicted", .heading = "predicted", .group = kAbsolute, .digits = kDigits},
       [](const Row& row) {
         return row.predicted ? Value(std::sqrt(row.predicted->squared_error)) : Value();
       }},
      {{.key = "predicted_relative"}, predicted_relative},
      {json_only("samples"), [](const Row& row) { return row.sampled.samples; }},
      {json_only("interval"), [](const Row& row) { return pair_of(row.sampled.interval()); }},
      {json_only("relative_interval"),
       [](const Row& row) { return row.relative ? pair_of(*row.relative) : Value(); }},
      {end("low"), [](const Row& row) { return row.sampled.interval().low; }},
      {end("high"), [](const Row& row) { return row.sampled.interval().high; }},
      {relative("predicted"), predicted_relative},
      {relative("low"), relative_end(&Interval::low)},
      {relative("high"), relative_end(&Interval::high)},
      {{.key = "spectral"}, [](const Row& row) { return row.spectral.value; }},
      {{.heading = "|K^ - K|_2"}, [](const Row& row) { return marked(row.spectral.value, row); }},
      {json_only("spectral_residual"), [](const Row& row) { return row.spectral.residual; }},
      {{.heading = "over |K|_2", .digits = kDigits},
       [spectral_norm](const Row& row) { return row.spectral.value / spectral_norm; }},
      {{.key = "delta"}, [](const Row& row) { return row.delta.delta(); }},
      {{.heading = "Delta"}, [](const Row& row) { return marked(row.delta.delta(), row); }},
      {json_only("delta_low"), [](const Row& row) { return row.delta.low; }},
      {json_only("delta_high"), [](const Row& row) { return row.delta.high; }},
      {{.key = "converged"}, converged},
      {{.key = "seconds", .heading = "time", .unit = Unit::seconds}, &Row::seconds},
      {csv_only("spec"), spec_text}};
}

Table tabulated(const study::GramCertificates& certificates) {
  return tabulate(certificate_columns(certificates.spectral_norm.value), certificates.rows);
}

std::string certificates_text(const study::GramCertificates& certificates) {
  const std::vector<study::GramCertificate>& rows = certificates.rows;
  std::string out;
  for (const study::GramCertificate& row : rows) out += "# spec " + to_text(row.spec) + "\n";
  out += "# |K|_F " + significant(std::sqrt(certificates.norm.squared), kDigits) + ", |K|_2 " +
         significant(certificates.spectral_norm.value, kDigits) +
         "; Delta beside lambda = " + shortest(certificates.lambda) + "\n";
  out += "# predicted: root mean square over draws, closed form; low, high: 95 % of " +
         std::to_string(rows.front().sampled.samples) + " sampled entries\n";
  out += "\n" + text_table(tabulated(certificates));
  if (!std::all_of(rows.begin(), rows.end(), converged)) {
    out += "# * Lanczos' iteration was cut short: a lower bound\n";
  }
  if (!std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.predicted; })) {
    out += "# - predicted: this map's error has no closed form here\n";
  }
  if (!std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.relative; })) {
    out += "# - over |K|_F: K is nearly its own diagonal: a relative error would measure that\n";
  }
  return out;
}

double error_of(const ComparedGram& gram) {
  return std::sqrt(std::max(0.0, gram.error.squared_error));
}

/// `norm`: of K
Columns<ComparedGram> ranking_columns(const GramNorm& norm) {
  using Row = ComparedGram;
  return {{both("method"), [](const Row& row) { return name_of(row.pivoting); }},
          {both("columns"), &Row::columns},
          {{.key = "bytes", .heading = "memory", .unit = Unit::bytes}, &Row::bytes},
          {{.key = "seconds", .heading = "time", .unit = Unit::seconds}, &Row::seconds},
          {{.key = "squared_error"}, [](const Row& row) { return row.error.squared_error; }},
          {{.heading = "error", .group = kAbsolute, .digits = kDigits}, error_of},
          {{.key = "standard_error"}, [](const Row& row) { return row.error.standard_error; }},
          {json_only("interval"), [](const Row& row) { return pair_of(row.error.interval()); }},
          {end("low"), [](const Row& row) { return row.error.interval().low; }},
          {end("high"), [](const Row& row) { return row.error.interval().high; }},
          {{.heading = kRelative, .digits = kDigits},
           [whole = std::sqrt(norm.squared)](const Row& row) { return error_of(row) / whole; }}};
}

std::string comparison_text(const study::GramComparison& comparison) {
  const auto columns = ranking_columns(comparison.norm);
  return "# spec " + to_text(comparison.spec) + "\n\nequal memory: " +
         significant(static_cast<double>(comparison.memory.memory) / (1 << 20), 3) +
         " MiB each, best first\n" + text_table(tabulate(columns, comparison.equal_memory)) +
         "\nequal time: " + duration(comparison.time.seconds) +
         " each (columns double until it is over), best first\n" +
         text_table(tabulate(columns, comparison.equal_time));
}

}  // namespace

std::string name_of(const std::optional<Pivoting>& pivoting) {
  if (!pivoting) return "features";
  switch (*pivoting) {
    case Pivoting::uniform:
      return "nystrom";
    case Pivoting::ridge_leverage:
      return "leverage";
    case Pivoting::randomly_pivoted:
      break;
  }
  return "rpcholesky";
}

std::string verdict_text(const study::GramStudyPlan& plan, const io::Table& input,
                         const GramVerdict& verdict) {
  std::string out = gram_heading(plan, input);
  if (verdict.certificates) out += certificates_text(*verdict.certificates);
  if (verdict.certificates && verdict.comparison) out += "\n";
  if (verdict.comparison) out += comparison_text(*verdict.comparison);
  return out;
}

std::string verdict_json(const study::GramStudyPlan& plan, const io::Table& input,
                         const GramVerdict& verdict) {
  nlohmann::ordered_json document = gram_identity(plan, input);
  if (verdict.certificates) {
    const study::GramCertificates& certificates = *verdict.certificates;
    document["certificates"] = {{"norm", std::sqrt(certificates.norm.squared)},
                                {"spectral_norm", certificates.spectral_norm.value},
                                {"lambda", certificates.lambda},
                                {"rows", json_rows(tabulated(certificates))}};
  }
  if (verdict.comparison) {
    const study::GramComparison& comparison = *verdict.comparison;
    const auto columns = ranking_columns(comparison.norm);
    document["comparison"] = {
        {"spec", to_text(comparison.spec)},
        {"norm", std::sqrt(comparison.norm.squared)},
        {"bytes", comparison.memory.memory},
        {"equal_memory", json_rows(tabulate(columns, comparison.equal_memory))},
        {"seconds", comparison.time.seconds},
        {"equal_time", json_rows(tabulate(columns, comparison.equal_time))}};
  }
  return json_text(document);
}

std::string certificates_csv(const study::GramCertificates& certificates) {
  return csv(tabulated(certificates));
}

std::string comparison_csv(const study::GramComparison& comparison) {
  std::vector<ComparedGram> all = comparison.equal_memory;
  all.insert(all.end(), comparison.equal_time.begin(), comparison.equal_time.end());
  std::vector<Value> budgets(comparison.equal_memory.size(), "memory");
  budgets.resize(all.size(), "time");
  Table table = tabulate(ranking_columns(comparison.norm), all);
  table.insert(table.begin(), {{.key = "budget"}, budgets});
  return csv(table);
}

}  // namespace bochner::report
