// SPDX-License-Identifier: Apache-2.0
#include "report/gram_certificate_report.hpp"

#include "core/numbers.hpp"
#include "io/matrix_writer.hpp"
#include "report/gram_report.hpp"
#include "report/identity.hpp"
#include "report/text_table.hpp"

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

std::string certificates_text(const study::GramCertificates& certificates) {
  std::string out;
  for (const study::GramCertificate& row : certificates.rows)
    out += "# spec " + to_text(row.spec) + "\n";
  out += "# |K|_F " + significant(std::sqrt(certificates.norm.squared), kDigits) + ", |K|_2 " +
         significant(certificates.spectral_norm.value, kDigits) +
         "; Delta beside lambda = " + shortest(certificates.lambda) + "\n";
  out += "# predicted: root mean square over draws, closed form; low, high: 95 % of " +
         std::to_string(certificates.rows.front().sampled.samples) + " sampled entries\n";
  TextTable table({{"projection"},
                   {"frequencies"},
                   {"features"},
                   {"predicted", "|K^ - K|_F"},
                   {"low", "|K^ - K|_F"},
                   {"high", "|K^ - K|_F"},
                   {"predicted", "over |K|_F"},
                   {"low", "over |K|_F"},
                   {"high", "over |K|_F"},
                   {"|K^ - K|_2"},
                   {"over |K|_2"},
                   {"Delta"},
                   {"time"}});
  bool all_converged = true;
  bool all_relative = true;
  bool all_predicted = true;
  for (const study::GramCertificate& row : certificates.rows) {
    const Interval absolute = row.sampled.interval();
    const auto relative = [&](double bound) {
      return row.relative ? significant(bound, kDigits) : std::string("-");
    };
    const auto predicted = [&](double error) {
      return row.predicted ? significant(error, kDigits) : std::string("-");
    };
    const std::string mark = converged(row) ? "" : "*";
    all_converged = all_converged && converged(row);
    all_relative = all_relative && row.relative.has_value();
    all_predicted = all_predicted && row.predicted.has_value();
    table.add_row({projection_of(row.spec), std::to_string(row.spec.num_frequencies),
                   std::to_string(num_features(row.spec)),
                   predicted(row.predicted ? std::sqrt(row.predicted->squared_error) : 0.0),
                   significant(absolute.low, kDigits), significant(absolute.high, kDigits),
                   predicted(row.predicted ? row.predicted->relative_error : 0.0),
                   relative(row.relative ? row.relative->low : 0.0),
                   relative(row.relative ? row.relative->high : 0.0),
                   significant(row.spectral.value, kDigits) + mark,
                   significant(row.spectral.value / certificates.spectral_norm.value, kDigits),
                   significant(row.delta.delta(), kDigits) + mark, duration(row.seconds)});
  }
  out += "\n" + table.text();
  if (!all_converged) out += "# * Lanczos' iteration was cut short: a lower bound\n";
  if (!all_predicted) out += "# - predicted: this map's error has no closed form here\n";
  if (!all_relative) {
    out += "# - over |K|_F: K is nearly its own diagonal: a relative error would measure that\n";
  }
  return out;
}

std::string ranking_text(const std::vector<ComparedGram>& ranking, const GramNorm& norm) {
  TextTable table({{"method"},
                   {"columns"},
                   {"memory"},
                   {"time"},
                   {"error", "|K^ - K|_F"},
                   {"low", "|K^ - K|_F"},
                   {"high", "|K^ - K|_F"},
                   {"over |K|_F"}});
  for (const ComparedGram& gram : ranking) {
    const Interval interval = gram.error.interval();
    const double error = std::sqrt(std::max(0.0, gram.error.squared_error));
    table.add_row({name_of(gram.pivoting), std::to_string(gram.columns),
                   significant(static_cast<double>(gram.bytes) / (1 << 20), 3) + " MiB",
                   duration(gram.seconds), significant(error, kDigits),
                   significant(interval.low, kDigits), significant(interval.high, kDigits),
                   significant(error / std::sqrt(norm.squared), kDigits)});
  }
  return table.text();
}

std::string comparison_text(const study::GramComparison& comparison) {
  return "# spec " + to_text(comparison.spec) + "\n\nequal memory: " +
         significant(static_cast<double>(comparison.memory.memory) / (1 << 20), 3) +
         " MiB each, best first\n" + ranking_text(comparison.equal_memory, comparison.norm) +
         "\nequal time: " + duration(comparison.time.seconds) +
         " each (columns double until it is over), best first\n" +
         ranking_text(comparison.equal_time, comparison.norm);
}

nlohmann::ordered_json to_json(const Interval& interval) { return {interval.low, interval.high}; }

nlohmann::ordered_json to_json(const study::GramCertificates& certificates) {
  nlohmann::ordered_json out = {{"norm", std::sqrt(certificates.norm.squared)},
                                {"spectral_norm", certificates.spectral_norm.value},
                                {"lambda", certificates.lambda}};
  out["rows"] = nlohmann::ordered_json::array();
  for (const study::GramCertificate& row : certificates.rows) {
    nlohmann::ordered_json& json = out["rows"].emplace_back();
    json = {{"spec", to_text(row.spec)},
            {"frequencies", row.spec.num_frequencies},
            {"features", num_features(row.spec)},
            {"predicted", nullptr},
            {"predicted_relative", nullptr},
            {"samples", row.sampled.samples},
            {"interval", to_json(row.sampled.interval())},
            {"relative_interval", nullptr},
            {"spectral", row.spectral.value},
            {"spectral_residual", row.spectral.residual},
            {"delta", row.delta.delta()},
            {"delta_low", row.delta.low},
            {"delta_high", row.delta.high},
            {"converged", converged(row)},
            {"seconds", row.seconds}};
    if (row.predicted) {
      json["predicted"] = std::sqrt(row.predicted->squared_error);
      json["predicted_relative"] = row.predicted->relative_error;
    }
    if (row.relative) json["relative_interval"] = to_json(*row.relative);
  }
  return out;
}

nlohmann::ordered_json to_json(const std::vector<ComparedGram>& ranking) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const ComparedGram& gram : ranking) {
    out.push_back({{"method", name_of(gram.pivoting)},
                   {"columns", gram.columns},
                   {"bytes", gram.bytes},
                   {"seconds", gram.seconds},
                   {"squared_error", gram.error.squared_error},
                   {"standard_error", gram.error.standard_error},
                   {"interval", to_json(gram.error.interval())}});
  }
  return out;
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
  if (verdict.certificates) document["certificates"] = to_json(*verdict.certificates);
  if (verdict.comparison) {
    const study::GramComparison& comparison = *verdict.comparison;
    document["comparison"] = {
        {"spec", to_text(comparison.spec)},   {"norm", std::sqrt(comparison.norm.squared)},
        {"bytes", comparison.memory.memory},  {"equal_memory", to_json(comparison.equal_memory)},
        {"seconds", comparison.time.seconds}, {"equal_time", to_json(comparison.equal_time)}};
  }
  return json_text(document);
}

std::string certificates_csv(const study::GramCertificates& certificates) {
  std::string out =
      "projection,frequencies,features,predicted,predicted_relative,low,high,spectral,delta,"
      "converged,seconds,spec\n";
  for (const study::GramCertificate& row : certificates.rows) {
    const Interval interval = row.sampled.interval();
    out += io::csv_field(to_text(row.spec.projection)) + "," +
           std::to_string(row.spec.num_frequencies) + "," + std::to_string(num_features(row.spec)) +
           "," + (row.predicted ? shortest(std::sqrt(row.predicted->squared_error)) : "") + "," +
           (row.predicted ? shortest(row.predicted->relative_error) : "") + "," +
           shortest(interval.low) + "," + shortest(interval.high) + "," +
           shortest(row.spectral.value) + "," + shortest(row.delta.delta()) + "," +
           (converged(row) ? "1" : "0") + "," + shortest(row.seconds) + "," +
           io::csv_field(to_text(row.spec)) + "\n";
  }
  return out;
}

std::string comparison_csv(const study::GramComparison& comparison) {
  std::string out = "budget,method,columns,bytes,seconds,squared_error,standard_error,low,high\n";
  const auto add = [&](const char* budget, const std::vector<ComparedGram>& ranking) {
    for (const ComparedGram& gram : ranking) {
      const Interval interval = gram.error.interval();
      out += std::string(budget) + "," + name_of(gram.pivoting) + "," +
             std::to_string(gram.columns) + "," + std::to_string(gram.bytes) + "," +
             shortest(gram.seconds) + "," + shortest(gram.error.squared_error) + "," +
             shortest(gram.error.standard_error) + "," + shortest(interval.low) + "," +
             shortest(interval.high) + "\n";
    }
  };
  add("memory", comparison.equal_memory);
  add("time", comparison.equal_time);
  return out;
}

}  // namespace bochner::report
