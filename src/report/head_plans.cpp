// SPDX-License-Identifier: Apache-2.0
#include "report/head_plans.hpp"

#include "bochner/core/names.hpp"
#include "report/chart.hpp"
#include "report/record.hpp"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner::report {
namespace {

struct PlannedHead {
  Index head = 0;
  HeadPlan plan;
};

std::vector<PlannedHead> numbered(std::span<const HeadPlan> plans) {
  std::vector<PlannedHead> out;
  for (const HeadPlan& plan : plans) out.push_back({static_cast<Index>(out.size()), plan});
  return out;
}

/// A column of what `of` says of the plan.
template <class Of>
Column<PlannedHead> planned(ColumnHead head, const Of& of) {
  return {std::move(head), [of](const PlannedHead& row) { return Value(of(row.plan)); }};
}

Columns<PlannedHead> plan_columns() {
  const auto in_json = [](const char* key, const auto& of) { return planned(json_only(key), of); };
  return {{both("head"), [](const PlannedHead& row) { return Value(row.head); }},
          planned(both("method"), [](const HeadPlan& p) { return std::string(name_of(p.method)); }),
          in_json("spec", [](const HeadPlan& p) { return to_text(p.spec); }),
          planned(both("error"), [](const HeadPlan& p) { return p.error; }),
          in_json("source", [](const HeadPlan& p) { return std::string(name_of(p.source)); }),
          planned({.key = "exact_share", .heading = "pairs exactly"},
                  [](const HeadPlan& p) { return p.exact_share; }),
          planned({.key = "time", .heading = "time / exact"},
                  [](const HeadPlan& p) { return p.nanoseconds / p.exact_nanoseconds; }),
          in_json("nanoseconds", [](const HeadPlan& p) { return p.nanoseconds; }),
          in_json("exact_nanoseconds", [](const HeadPlan& p) { return p.exact_nanoseconds; }),
          in_json("sentence", [](const HeadPlan& p) { return p.sentence; })};
}

/// One series per method that occurs.
template <class Of>
std::vector<Series> series_by_method(std::span<const HeadPlan> plans, const Of& of) {
  constexpr std::array kMarkers{Marker::diamond, Marker::circle, Marker::square, Marker::triangle};
  static_assert(kMarkers.size() == names_of(AttentionMethod{}).size());
  std::vector<Series> out;
  for (std::size_t m = 0; m < kMarkers.size(); ++m) {
    const auto method = static_cast<AttentionMethod>(m);
    Series series{.label = std::string(name_of(method)),
                  .colour = static_cast<int>(m),
                  .line = Line::none,
                  .marker = kMarkers[m],
                  .points = {}};
    for (std::size_t h = 0; h < plans.size(); ++h) {
      if (plans[h].method == method) {
        series.points.push_back({static_cast<double>(h), of(plans[h])});
      }
    }
    if (!series.points.empty()) out.push_back(std::move(series));
  }
  return out;
}

}  // namespace

std::string pairs_text(const ExactPairs& exact, Rest rest) {
  if (exact == ExactPairs{} && rest == Rest::features) return "";
  std::string pairs;
  const auto add = [&](std::string_view what, Index count) {
    if (count == 0) return;
    pairs += (pairs.empty() ? " " : ", ") + std::string(what) + " " + std::to_string(count);
  };
  add("window", exact.window);
  add("first keys", exact.first_keys);
  add("heaviest keys", exact.heaviest_keys);
  add("blocks", exact.blocks.count);
  if (exact.blocks.count > 0) {
    pairs += " of " + std::to_string(exact.blocks.query_rows) + " x " +
             std::to_string(exact.blocks.key_rows);
  }
  return "exact pairs:" + (pairs.empty() ? " none" : pairs) + "; the rest " +
         (rest == Rest::none ? "not at all" : "by " + std::string(name_of(rest)));
}

nlohmann::ordered_json pairs_json(const ExactPairs& exact) {
  return {{"window", exact.window},
          {"first_keys", exact.first_keys},
          {"heaviest_keys", exact.heaviest_keys},
          {"blocks",
           {{"count", exact.blocks.count},
            {"query_rows", exact.blocks.query_rows},
            {"key_rows", exact.blocks.key_rows},
            {"order", name_of(exact.blocks.order)}}}};
}

std::string plans_text(std::span<const HeadPlan> plans) {
  std::string out = text_table(tabulate(plan_columns(), numbered(plans))) + "\n";
  for (std::size_t h = 0; h < plans.size(); ++h) {
    out += "head " + std::to_string(h) + ": " + plans[h].sentence + "\n";
  }
  return out;
}

nlohmann::ordered_json plans_json(std::span<const HeadPlan> plans) {
  nlohmann::ordered_json rows = json_rows(tabulate(plan_columns(), numbered(plans)));
  for (std::size_t h = 0; h < plans.size(); ++h) {
    rows[h]["exact"] = pairs_json(plans[h].exact);
    rows[h]["rest"] = name_of(plans[h].rest);
  }
  return rows;
}

std::string plans_csv(std::span<const HeadPlan> plans) {
  return csv(tabulate(plan_columns(), numbered(plans)));
}

std::string plans_svg(std::span<const HeadPlan> plans, const std::string& subtitle) {
  const std::array charts{
      Chart{.title = "Error that is left",
            .subtitle = subtitle,
            .x_label = "head",
            .y_label = "error of the output, relative",
            .series = series_by_method(plans, [](const HeadPlan& p) { return p.error; })},
      Chart{.title = "Pairs weighed exactly",
            .subtitle = subtitle,
            .x_label = "head",
            .y_label = "share of the pairs",
            .series = series_by_method(plans, [](const HeadPlan& p) { return p.exact_share; })}};
  return to_svg(charts, 2);
}

}  // namespace bochner::report
