// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/npy_header.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using namespace bochner::io;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

using Words = std::vector<std::string>;

/// All text of the first text column, read by blocks of two rows.
Words text_of(RowReader& reader, Index column = 0) {
  Words out;
  Matrix<double> block(2, reader.cols());
  for (Index got = 2; got == 2;) {
    got = reader.read(block.view());
    for (Index i = 0; i < got; ++i) out.emplace_back(reader.text(i, column));
  }
  return out;
}

std::vector<double> column_of(RowReader& reader, Index column) {
  const auto rows = read_all<double>(reader);
  std::vector<double> out;
  for (Index i = 0; i < rows.rows(); ++i) out.push_back(rows(i, column));
  return out;
}

std::string npy_of_ids(const std::vector<std::int64_t>& items, StorageOrder storage) {
  NpyHeader header;
  header.kind = 'i';
  header.storage = storage;
  header.shape = {static_cast<Index>(items.size()) / 2, 2};
  std::string out = format_npy_header(header);
  const std::size_t before = out.size();
  out.resize(before + items.size() * 8);
  std::memcpy(out.data() + before, items.data(), items.size() * 8);
  return out;
}

}  // namespace

TEST_CASE("columns are carried as the text they are", "[io][words]") {
  const Scratch scratch;
  const std::string csv =
      scratch.write("a.csv", "id,x,note\n007,1,\"a, \"\"b\"\"\"\n 8 ,2,\nNA,3,x\n");
  ReadOptions options;
  options.columns.keep = {"x"};
  options.text = ColumnSelection{{"note", "id"}, {}};
  CHECK(text_of(*open_rows(csv, options), 0) == Words{"a, \"b\"", "", "x"});
  CHECK(text_of(*open_rows(csv, options), 1) == Words{"007", "8", "NA"});
  const auto reader = open_rows(csv, options);
  CHECK(reader->text_places()[0] == 2);
  CHECK(reader->columns().name(reader->text_places()[1]) == "id");
  CHECK(column_of(*reader, 0) == std::vector<double>{1, 2, 3});
  options.text = ColumnSelection{{"nosuch"}, {}};
  CHECK_THROWS_WITH(open_rows(csv, options), Contains("has no column 'nosuch'"));

  options = {};
  options.text = ColumnSelection{{"x3", "label"}, {}};
  const std::string svm = scratch.write("a.svm", "+1 2:3 3:0.10\n-1 2:1\n2.50\n");
  CHECK(text_of(*open_rows(svm, options), 0) == Words{"0.10", "0", "0"});
  CHECK(text_of(*open_rows(svm, options), 1) == Words{"+1", "-1", "2.50"});

  // Whole numbers beyond 2^53 keep their last digit.
  options.text = ColumnSelection{{"1"}, {}};
  options.columns.keep = {"2"};
  constexpr std::int64_t kId = 9'007'199'254'740'993;
  for (const StorageOrder storage : {StorageOrder::row_major, StorageOrder::column_major}) {
    const std::vector<std::int64_t> items = storage == StorageOrder::row_major
                                                ? std::vector<std::int64_t>{kId, 1, -kId, 2, 5, 3}
                                                : std::vector<std::int64_t>{kId, -kId, 5, 1, 2, 3};
    const std::string npy = scratch.write("a.npy", npy_of_ids(items, storage));
    CHECK(text_of(*open_rows(npy, options)) == Words{"9007199254740993", "-9007199254740993", "5"});
    CHECK(column_of(*open_rows(npy, options), 0) == std::vector<double>{1, 2, 3});
  }
}

TEST_CASE("labels of groups are words or numbers, any number of them", "[io][words]") {
  const Scratch scratch;
  ReadOptions options;
  options.groups = {1};
  const std::string csv = scratch.write("a.csv", "x,site\n1,north\n2,7\n3,north\n4,7.0\n5,south\n");
  CHECK(column_of(*open_rows(csv, options), 1) == std::vector<double>{0, 1, 0, 1, 2});
  std::string many = "x,site\n";
  for (int i = 0; i < 3000; ++i) many += "1,w" + std::to_string(i % 1500) + "\n";
  const auto codes = column_of(*open_rows(scratch.write("b.csv", many), options), 1);
  CHECK(codes[1499] == 1499);
  CHECK(codes[1500] == 0);
  CHECK_THROWS_WITH(read_all<double>(*open_rows(scratch.write("c.csv", "x,s\n1,\n"), options)),
                    Contains("line 2, column 2 ('s'): is empty"));
  options.groups = {0, 1};
  options.classes = ClassColumn{2, {"no"}};
  const auto reader =
      open_rows(scratch.write("d.csv", "a,b,c\nu,v,yes\nw,v,no\nu,z,yes\n"), options);
  const auto rows = read_all<double>(*reader);
  CHECK(rows(1, 0) == 1);
  CHECK(rows(2, 0) == 0);
  CHECK(rows(2, 1) == 1);
  CHECK(rows(0, 2) == 1);
  CHECK(reader->classes().size() == 2);

  options = {};
  options.groups = {0};
  CHECK(column_of(*open_rows(scratch.write("a.svm", "3 1:1\n-3 1:1\n3\n"), options), 0) ==
        std::vector<double>{0, 1, 0});
  for (const StorageOrder storage : {StorageOrder::row_major, StorageOrder::column_major}) {
    const std::string npy = scratch.write("g.npy", npy_of_ids({9, 9, 9, 9, 8, 8}, storage));
    CHECK(column_of(*open_rows(npy, options), 0) == (storage == StorageOrder::row_major
                                                         ? std::vector<double>{0, 0, 1}
                                                         : std::vector<double>{0, 0, 0}));
  }
}
