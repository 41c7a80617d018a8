// SPDX-License-Identifier: Apache-2.0
#include "io/class_codes.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace bochner::io;
using bochner::Index;
using Catch::Matchers::Contains;

TEST_CASE("a number is one class however it is written, a word is itself", "[io]") {
  ClassCodes codes({"red"});
  CHECK(codes.code("1") == 1);
  CHECK(codes.code("+1.0") == 1);
  CHECK(codes.code("1e0") == 1);
  CHECK(codes.code("-0") == 2);
  CHECK(codes.code("0.0") == 2);
  CHECK(codes.code("red") == 0);
  CHECK(codes.code("Red") == 3);
  const std::vector<std::string> names = {"b", "10", "9", "a", "-1"};
  CHECK(class_order(names) == std::vector<Index>{4, 2, 1, 3, 0});
  for (std::size_t c = codes.names().size(); c < ClassCodes::kMost; ++c) {
    CHECK(codes.code("w" + std::to_string(c)).has_value());
  }
  CHECK(!codes.code("one too many").has_value());
}

TEST_CASE("a column of classes is read as their numbers", "[io]") {
  const bochner::test::Scratch scratch;
  ReadOptions options;
  options.classes = ClassColumn{1, {"b"}};
  const auto numbers = [&](const std::string& name, const std::string& text) {
    const auto reader = open_rows(scratch.write(name, text), options);
    const auto rows = read_all<double>(*reader);
    std::vector<double> out;
    for (Index i = 0; i < rows.rows(); ++i) out.push_back(rows(i, 1));
    return out;
  };
  CHECK(numbers("x.csv", "x,y\n1,a\n2,b\n3,\" a\"\n") == std::vector<double>{1, 0, 1});
  options.classes->known = {"7"};
  CHECK(numbers("x.csv", "1,8\n2,7.0\n3,-3\n") == std::vector<double>{1, 0, 2});
  // In svmlight the label comes first: the chosen column 1 is x1.
  CHECK(numbers("x.svm", "1 1:8\n2 1:7\n2\n") == std::vector<double>{1, 0, 2});
  CHECK_THROWS_WITH(numbers("x.csv", "x,y\n1,\n"), Contains("line 2, column 2 ('y'): is empty"));
  CHECK_THROWS_WITH(numbers("x.csv", "x,y\n1,NA\n"), Contains("says 'NA': no value"));
  CHECK_THROWS_WITH(numbers("x.csv", "x,y\n1,nan\n"), Contains("'nan' is not finite"));
  std::string many = "x,y\n";
  for (int i = 0; i < 1001; ++i) many += "1,w" + std::to_string(i) + "\n";
  CHECK_THROWS_WITH(numbers("x.csv", many), Contains("line 1001") && Contains("not classes"));
}
