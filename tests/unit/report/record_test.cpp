// SPDX-License-Identifier: Apache-2.0
#include "report/record.hpp"

#include "report/gram_certificate_report.hpp"
#include "report/gram_report.hpp"
#include "report/ridge_path_report.hpp"
#include "report/study_columns.hpp"
#include "report/study_table_report.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace bochner;
using namespace bochner::report;
using Catch::Matchers::Contains;

namespace {

struct Thing {
  std::string name;
  Index count = 0;
  double size = 0.0;
  bool whole = false;
  std::optional<double> error{};
  std::vector<double> draws{};
};

Columns<Thing> thing_columns() {
  return {{{.key = "name", .heading = "what"}, &Thing::name},
          {{.key = "count", .heading = "n"}, &Thing::count},
          {{.key = "size", .heading = "size", .group = "all", .digits = 2, .about = "in \"m\""},
           &Thing::size},
          {{.key = "whole", .heading = "whole", .group = "all"}, &Thing::whole},
          {{.key = "error", .heading = "error"}, &Thing::error},
          {{.key = "draws", .heading = "draws"}, &Thing::draws}};
}

const std::vector<Thing>& things() {
  static const std::vector<Thing> kThings = {{"a", 3, 0.125, true, 0.1, {1.0, 0.3333}},
                                             {"b", -1, 1e300, false}};
  return kThings;
}

/// A column of one cell, and nothing else.
Table one(const ColumnHead& head, Value value) { return {{head, {std::move(value)}}}; }

std::vector<std::string> fields(const std::string& csv) {
  std::vector<std::string> out{""};
  for (const char c : csv.substr(0, csv.find('\n'))) {
    if (c == ',') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> out;
  for (const auto& item : object.items()) out.push_back(item.key());
  return out;
}

std::vector<std::string> without(std::vector<std::string> names,
                                 const std::vector<std::string>& some) {
  std::erase_if(names, [&](const std::string& name) {
    return std::find(some.begin(), some.end(), name) != some.end();
  });
  return names;
}

/// The keys of the first object of that list.
std::vector<std::string> keys_of_rows(const std::string& document, const char* list) {
  return keys(nlohmann::ordered_json::parse(document).at(
      nlohmann::ordered_json::json_pointer(std::string(list) + "/0")));
}

}  // namespace

TEST_CASE("every kind of value appears in every form", "[record]") {
  const Table table = tabulate(thing_columns(), things());
  CHECK(text_table(table) ==
        "          ----- all -----\n"
        "what   n      size  whole  error       draws\n"
        "   a   3      0.12    yes  0.100  1.00 0.333\n"
        "   b  -1  1.0e+300     no      -            \n");
  CHECK(csv(table) ==
        "name,count,size,whole,error,draws\n"
        "a,3,0.125,1,0.1,1 0.3333\n"
        "b,-1,1e+300,0,,\n");
  CHECK(json_rows(table).dump() ==
        R"([{"name":"a","count":3,"size":0.125,"whole":true,"error":0.1,"draws":[1.0,0.3333]},)"
        R"({"name":"b","count":-1,"size":1e+300,"whole":false,"error":null,"draws":[]}])");
  CHECK(json_lists(table).dump() ==
        R"({"name":["a","b"],"count":[3,-1],"size":[0.125,1e+300],"whole":[true,false],)"
        R"("error":[0.1,null],"draws":[[1.0,0.3333],[]]})");
  const std::vector<std::string> classes = {"", "off"};
  CHECK(html_table(table, classes) ==
        "<table>\n<thead>\n"
        "<tr><th colspan=\"2\"></th><th colspan=\"2\">all</th><th colspan=\"2\"></th></tr>\n"
        "<tr><th>what</th><th>n</th><th title=\"in &quot;m&quot;\">size</th><th>whole</th>"
        "<th>error</th><th>draws</th></tr>\n"
        "</thead>\n<tbody>\n"
        "<tr><td>a</td><td>3</td><td>0.12</td><td>yes</td><td>0.100</td><td>1.00 0.333</td></tr>\n"
        "<tr class=\"off\"><td>b</td><td>-1</td><td>1.0e+300</td><td>no</td><td>-</td><td></td>"
        "</tr>\n"
        "</tbody>\n</table>\n");
}

TEST_CASE("a list without records has its headings alone", "[record]") {
  const Table table = tabulate(thing_columns(), {});
  CHECK(text_table(table) ==
        "         --- all ---\n"
        "what  n  size  whole  error  draws\n");
  CHECK(csv(table) == "name,count,size,whole,error,draws\n");
  CHECK(json_rows(table).dump() == "[]");
  CHECK(json_lists(table)["draws"].dump() == "[]");
  CHECK_THAT(html_table(table), Contains("<th>what</th>") && Contains("<tbody>\n</tbody>"));
}

TEST_CASE("numbers that are not finite and units have their words", "[record]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto shown = [](const ColumnHead& head, Value value) {
    const std::string text = text_table(one(head, std::move(value)));
    return text.substr(text.find_last_of(" \n", text.size() - 2) + 1);
  };
  CHECK(shown({.heading = "x"}, nan) == "nan\n");
  CHECK(shown({.heading = "x"}, -infinity) == "-inf\n");
  CHECK(csv(one({.key = "x"}, nan)) == "x\nnan\n");
  CHECK(json_rows(one({.key = "x"}, infinity)).dump() == R"([{"x":null}])");
  CHECK(text_table(one({.heading = "time", .unit = Unit::seconds}, 0.00125)) ==
        "   time\n1.25 ms\n");
  CHECK(text_table(one({.heading = "memory", .unit = Unit::bytes}, Index{3} << 20)) ==
        "  memory\n3.00 MiB\n");
  CHECK(csv(one({.key = "memory", .unit = Unit::bytes}, Index{3} << 20)) == "memory\n3145728\n");
}

TEST_CASE("text is escaped as each form asks for", "[record]") {
  const ColumnHead head{.key = "k", .heading = "h<", .about = "a \"b\" & c"};
  const Table comma = one(head, "a,\"b\"");
  CHECK(csv(comma) == "k\n\"a,\"\"b\"\"\"\n");
  CHECK(json_rows(comma).dump() == R"([{"k":"a,\"b\""}])");
  CHECK_THAT(html_table(comma), Contains("<td>a,&quot;b&quot;</td>") &&
                                    Contains("<th title=\"a &quot;b&quot; &amp; c\">h&lt;</th>"));
  const Table control = one(head, "<\x1b[2J>\n&");
  CHECK_THAT(text_table(control), Contains("<\\x1b[2J>\\x0a&\n"));
  CHECK(csv(control) == "k\n\"<\x1b[2J>\n&\"\n");
  CHECK(json_rows(control).dump() == R"([{"k":"<\u001b[2J>\n&"}])");
  CHECK_THAT(html_table(control), Contains("<td>&lt;\\x1b[2J&gt;\\x0a&amp;</td>"));
  CHECK(csv(one({.key = "a,b"}, Index{1})) == "\"a,b\"\n1\n");
}

TEST_CASE("a column appears where it says", "[record]") {
  const Columns<Thing> columns = {{{.key = "both"}, &Thing::count},
                                  {{.key = "csv", .files = Files::csv}, &Thing::count},
                                  {{.key = "json", .files = Files::json}, &Thing::count},
                                  {{.heading = "people"}, &Thing::count}};
  const Table table = tabulate(columns, things());
  CHECK(fields(csv(table)) == std::vector<std::string>{"both", "csv"});
  CHECK(keys(json_rows(table).front()) == std::vector<std::string>{"both", "json"});
  CHECK(keys(json_lists(table)) == std::vector<std::string>{"both", "json"});
  CHECK(text_table(table) == "people\n     3\n    -1\n");
  CHECK_THAT(html_table(table), Contains("<tr><th>people</th></tr>") && !Contains("both"));
  CHECK(joined(columns, columns).size() == 8);
}

TEST_CASE("CSV and JSON of a record have the same names in the same order", "[record]") {
  std::vector<study::StudyCell> grid(1);
  grid.front().projection = "iid";
  const Table cells = tabulate(cell_columns(), grid);
  CHECK(without(fields(csv(cells)), {"replicates"}) == keys(json_rows(cells).front()));
  const Table matrix = tabulate(matrix_columns(), std::vector<study::MatrixStudyCell>(1));
  CHECK(fields(csv(matrix)) == keys(json_rows(matrix).front()));
  const LogisticValidation path{{1.0}, {2.0}, {3.0}, {4.0}};
  CHECK(fields(csv(path_table(path))) == keys(json_lists(path_table(path))));

  const FeatureMapSpec spec{.input_dim = 4, .num_frequencies = 8};
  study::GramStudyPlan plan;
  plan.frequencies = {8};
  const io::Table input;
  study::GramStudy study;
  study.curves.emplace_back().rows.emplace_back().spec = spec;
  CHECK(fields(gram_csv(study)) ==
        without(keys_of_rows(gram_json(plan, input, study), "/table"), {"errors"}));

  GramVerdict verdict;
  study::GramCertificate& certificate = verdict.certificates.emplace().rows.emplace_back();
  certificate.spec = spec;
  certificate.sampled.samples = 2;
  verdict.comparison.emplace().equal_memory.emplace_back().error.samples = 2;
  const std::string json = verdict_json(plan, input, verdict);
  // A specification is first in JSON and last in CSV; JSON has intervals as lists, and more.
  CHECK(without(fields(certificates_csv(*verdict.certificates)),
                {"projection", "low", "high", "spec"}) ==
        without(keys_of_rows(json, "/certificates/rows"),
                {"spec", "samples", "interval", "relative_interval", "spectral_residual",
                 "delta_low", "delta_high"}));
  CHECK(without(fields(comparison_csv(*verdict.comparison)), {"budget", "low", "high"}) ==
        without(keys_of_rows(json, "/comparison/equal_memory"), {"interval"}));
}

TEST_CASE("a map that was not measured at a place has a dash there", "[record]") {
  const study::StudyTable table{.title = "t",
                                .remark = "",
                                .cells = {{"a", "g", "p", 1.0, 2.0, 0.5},
                                          {"b", "g", "p", 3.0},
                                          {"a", "g", "q", 4.0},
                                          {"b", "g", "q", 5.0}}};
  CHECK(table_text(table) ==
        "# t\n\n"
        "     --- g ----\n"
        "map     p     q\n"
        "  a  1.00  4.00\n"
        "  b  3.00  5.00\n"
        "\n# measured, +- one standard error\n\n"
        "     --- g ----\n"
        "map     p    +-\n"
        "  a  2.00  0.50\n"
        "  b     -     -\n");
  CHECK(nlohmann::ordered_json::parse(table_json(table, {}))["cells"].dump() ==
        R"([{"map":"a","group":"g","at":"p","predicted":1.0,"measured":2.0,"measured_error":0.5},)"
        R"({"map":"b","group":"g","at":"p","predicted":3.0},)"
        R"({"map":"a","group":"g","at":"q","predicted":4.0},)"
        R"({"map":"b","group":"g","at":"q","predicted":5.0}])");
}
