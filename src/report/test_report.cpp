// SPDX-License-Identifier: Apache-2.0
#include "report/test_report.hpp"

#include "bochner/core/names.hpp"
#include "io/message.hpp"
#include "report/identity.hpp"
#include "report/record.hpp"

#include <algorithm>

namespace bochner::report {
namespace {

constexpr int kTestDigits = 3;

/// The p-values of the draws in ascending order.
std::vector<double> ordered_p_values(const TestRecord& record) {
  std::vector<double> out = record.found.p_values;
  std::sort(out.begin(), out.end());
  return out;
}

double median_p_value(const TestRecord& record) {
  const std::vector<double> p = ordered_p_values(record);
  return 0.5 * (p[(p.size() - 1) / 2] + p[p.size() / 2]);
}

Columns<TestRecord> test_columns() {
  const std::string draws = "p-values of the draws";
  return {
      {both("statistic", kTestDigits), [](const TestRecord& r) { return r.found.statistic; }},
      {{.key = "p_value", .heading = "p-value", .digits = kTestDigits},
       [](const TestRecord& r) { return r.found.p_value; }},
      {{.key = "smallest_p_value", .heading = "smallest", .group = draws, .digits = kTestDigits},
       [](const TestRecord& r) { return ordered_p_values(r).front(); }},
      {{.key = "median_p_value", .heading = "median", .group = draws, .digits = kTestDigits},
       median_p_value},
      {{.key = "largest_p_value", .heading = "largest", .group = draws, .digits = kTestDigits},
       [](const TestRecord& r) { return ordered_p_values(r).back(); }},
      {{.key = "combined_p_value", .heading = "combined", .group = draws, .digits = kTestDigits},
       [](const TestRecord& r) { return r.found.combined_p_value; }},
      {{.key = "p_values"}, [](const TestRecord& r) { return r.found.p_values; }}};
}

std::string listed(const std::vector<std::string>& entries) {
  std::string out;
  for (const std::string& entry : entries) out += (out.empty() ? "" : ",") + entry;
  return io::printable(out);
}

/// Where p-values come from, in the words of the options.
std::string null_words(const ConditionalIndependenceOptions& options) {
  if (options.null == NullLaw::permutations) {
    return std::to_string(options.permutations) + " permutations";
  }
  return std::string(name_of(options.null)) + " (" + std::string(name_of(options.law)) + ")";
}

}  // namespace

std::string test_text(const TestRecord& record) {
  return "# bochner test: " + io::printable(record.input.path) + ", " +
         std::to_string(record.input.rows.rows()) + " rows; is " + listed(record.x) +
         " independent of " + listed(record.y) +
         (record.given.empty() ? "" : " given " + listed(record.given)) + "?\n# " +
         io::printable(record.input.layout) + "\n# " + std::string(name_of(record.options.test)) +
         ", p-values by " + null_words(record.options) + ", " +
         std::to_string(record.options.draws) + (record.options.draws == 1 ? " draw" : " draws") +
         " of the frequencies\n" + text_table(tabulate(test_columns(), {&record, 1}));
}

std::string test_json(const TestRecord& record) {
  const ConditionalIndependenceOptions& options = record.options;
  nlohmann::ordered_json out = identity("test", record.execution);
  out["input"] = describe(record.input);
  out["x"] = record.x;
  out["y"] = record.y;
  out["given"] = record.given;
  out["test"] = name_of(options.test);
  out["features"] = options.features;
  if (!record.given.empty() && options.condition_features > 0) {
    out["condition_features"] = options.condition_features;
  }
  out["null"] = name_of(options.null);
  if (options.null == NullLaw::permutations) {
    out["permutations"] = options.permutations;
  } else {
    out["law"] = name_of(options.law);
  }
  out["draws"] = options.draws;
  out["seed"] = options.seed.value;
  out.update(json_rows(tabulate(test_columns(), {&record, 1})).front());
  return json_text(out);
}

}  // namespace bochner::report
