// SPDX-License-Identifier: Apache-2.0
#include "io/npy_header.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/row_reader.hpp"
#include "support/allocation.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

/// A .npy file with any header text.
std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string out = std::string(kNpyMagic) + static_cast<char>(version) + '\0';
  const std::size_t length = dictionary.size();
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(length >> (8 * i));
  return out + dictionary + data;
}

std::string dictionary(const std::string& descr, const std::string& shape,
                       const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

template <class Raw>
std::string bytes_of(Raw value, ByteOrder order) {
  auto bytes = std::bit_cast<std::array<char, sizeof(Raw)>>(value);
  if (order == ByteOrder::big) std::reverse(bytes.begin(), bytes.end());
  return {bytes.begin(), bytes.end()};
}

/// Entry (i, j) of the 3 x 4 arrays below.
double entry(Index i, Index j) { return static_cast<double>(10 * i + j); }

template <class Raw>
std::string array(const std::string& kind, ByteOrder order, StorageOrder storage, int version) {
  std::string data;
  for (Index k = 0; k < 12; ++k) {
    const bool rows = storage == StorageOrder::row_major;
    data += bytes_of(static_cast<Raw>(rows ? entry(k / 4, k % 4) : entry(k % 3, k / 3)), order);
  }
  return npy(dictionary((order == ByteOrder::big ? ">" : "<") + kind, "(3, 4)",
                        storage == StorageOrder::row_major ? "False" : "True"),
             data, version);
}

std::string doubles(const std::vector<double>& values) {
  std::string data;
  for (const double value : values) data += bytes_of(value, ByteOrder::little);
  return data;
}

void check_entries(const Matrix<double>& matrix) {
  REQUIRE(matrix.rows() == 3);
  REQUIRE(matrix.cols() == 4);
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 4; ++j) CHECK(matrix(i, j) == entry(i, j));
  }
}

Matrix<double> read_file(const std::string& path, const ReadOptions& options = {}) {
  return read_all<double>(*open_rows(path, options));
}

/// Reads `bytes` through a pipe.
template <class Use>
void through_pipe(const Scratch& scratch, const std::string& bytes, const Use& use) {
  const std::string path = scratch.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(path, std::ios::binary) << bytes; });
  use(path);
  writer.join();
  std::filesystem::remove(path);
}

}  // namespace

TEMPLATE_TEST_CASE("numbers of every type, byte order, storage order and version", "[npy]", float,
                   double, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t) {
  const std::string kind = std::string(std::is_floating_point_v<TestType> ? "f"
                                       : std::is_signed_v<TestType>       ? "i"
                                                                          : "u") +
                           std::to_string(sizeof(TestType));
  const Scratch scratch;
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const StorageOrder storage : {StorageOrder::row_major, StorageOrder::column_major}) {
      for (const int version : {1, 2, 3}) {
        const std::string bytes = array<TestType>(kind, order, storage, version);
        check_entries(read_file(scratch.write("a.npy", bytes)));
        through_pipe(scratch, bytes,
                     [](const std::string& path) { check_entries(read_file(path)); });
      }
    }
  }
}

TEST_CASE("half precision, from its bits", "[npy]") {
  const Scratch scratch;
  std::string data;
  for (const int bits : {0x0000, 0x8000, 0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0400, 0x3555}) {
    data += bytes_of(static_cast<std::uint16_t>(bits), ByteOrder::little);
  }
  const auto m = read_file(scratch.write("a.npy", npy(dictionary("<f2", "(8,)"), data)));
  const std::array<double, 8> expected = {0, -0.0, 1, -2, 65504, 0x1p-24, 0x1p-14, 0x1.554p-2};
  for (Index i = 0; i < 8; ++i) CHECK(m(i, 0) == expected[static_cast<std::size_t>(i)]);
}

TEST_CASE("extremes of whole numbers", "[npy]") {
  const Scratch scratch;
  const std::string data = bytes_of(std::numeric_limits<std::int64_t>::min(), ByteOrder::little) +
                           bytes_of(std::int64_t{-1}, ByteOrder::little);
  const auto m = read_file(scratch.write("a.npy", npy(dictionary("<i8", "(2,)"), data)));
  CHECK(m(0, 0) == -0x1p63);
  CHECK(m(1, 0) == -1.0);
  const std::string max = bytes_of(std::numeric_limits<std::uint64_t>::max(), ByteOrder::little);
  CHECK(read_file(scratch.write("a.npy", npy(dictionary("<u8", "(1,)"), max)))(0, 0) == 0x1p64);
}

TEST_CASE("a header is read however Python may write it, and ours as numpy writes it", "[npy]") {
  const Scratch scratch;
  const std::string data = doubles({1, 2});
  for (const char* text : {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }    \n",
                           "{'shape':(2,),'fortran_order':False,'descr':\"<f8\"}",
                           "{ 'descr' : '=f8' , 'fortran_order' : True , 'shape' : ( 2 , ) , }\n",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1)}\n"}) {
    const auto m = read_file(scratch.write("a.npy", npy(text, data)));
    CHECK(m.rows() == 2);
    CHECK(m(1, 0) == 2);
  }
  NpyHeader header;
  header.shape = {3, 4};
  const std::string ours = format_npy_header(header);
  CHECK(ours.size() == 128);
  CHECK_THAT(ours, Contains("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }  "));
  header.shape = {5};
  CHECK_THAT(format_npy_header(header), Contains("'shape': (5,), }"));
  header.shape = {};
  CHECK_THAT(format_npy_header(header), Contains("'shape': (), }"));
}

TEST_CASE("a header that is wrong is refused with the reason", "[npy]") {
  struct Wrong {
    std::string header;
    const char* reason;
  };
  const std::string good = dictionary("<f8", "(2, 3)");
  const Scratch scratch;
  for (const Wrong& wrong : {
           Wrong{"", "lacks a '{'"},
           Wrong{"{}", "lacks one of"},
           Wrong{"{'descr': '<f8', 'shape': (2, 3), }", "lacks one of"},
           Wrong{"{'descr': '<f8', 'descr': '<f8', 'shape': (2, 3), }", "the key 'descr'"},
           Wrong{"{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 3), }", "True or False"},
           Wrong{"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", "key 'x'"},
           Wrong{good + "x", "goes on after"},
           Wrong{good.substr(0, 40), "in its header"},
           Wrong{dictionary("|O", "(2, 3)"), "Python objects, which are never read"},
           Wrong{dictionary("<c16", "(2, 3)"), "type '<c16', expected f2"},
           Wrong{dictionary("<U8", "(2, 3)"), "type '<U8'"},
           Wrong{dictionary("<f16", "(2, 3)"), "type '<f16'"},
           Wrong{dictionary("|f8", "(2, 3)"), "type '|f8'"},
           Wrong{dictionary("f8", "(2, 3)"), "type 'f8'"},
           Wrong{dictionary("<M8", "(2, 3)"), "type '<M8'"},
           Wrong{"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,)}", "records"},
           Wrong{dictionary("<f8", "(-2, 3)"), "expected an extent in its shape, got '-2"},
           Wrong{dictionary("<f8", "(2.5, 3)"), "lacks a ')'"},
           Wrong{dictionary("<f8", "(99999999999999999999, 3)"), "expected an extent"},
           Wrong{dictionary("<f8", "(4611686018427387904, 4611686018427387904)"), "overflows"},
           Wrong{dictionary("<f8", "(1152921504606846976,)"), "overflows"},
           Wrong{dictionary("<f8", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), "more than 8 dimensions"},
           Wrong{dictionary("<f8", "()"), "a single number"},
           Wrong{dictionary("<f8", "(5, 0)"), "no columns"},
           Wrong{dictionary("<f8", "(2, 3, 4)"), "an array of 2 x 3 x 4, expected two dimensions"},
       }) {
    const std::string path = scratch.write("a.npy", npy(wrong.header, doubles({1, 2, 3, 4, 5, 6})));
    CHECK_THROWS_WITH(open_rows(path), Contains(path + ": ") && Contains(wrong.reason));
    CHECK_THROWS_AS(open_rows(path), FileError);
  }
  CHECK_THROWS_WITH(open_rows(scratch.write("a.npy", npy(good, "", 4))),
                    Contains("version 4.0, expected 1.0, 2.0 or 3.0"));
  CHECK_THROWS_WITH(open_rows(scratch.write("a.npy", npy(std::string(20'000, ' '), ""))),
                    Contains("claims 20000 bytes, expected at most 10000"));
}

TEST_CASE("the file's length is compared with the header before anything is allocated", "[npy]") {
  const Scratch scratch;
  const std::string huge = npy(dictionary("<f8", "(1000000000000, 100)"), "");
  CHECK_THROWS_WITH(
      open_rows(scratch.write("a.npy", huge)),
      Contains("holds 0 bytes of data, expected 800000000000000 for") && Contains("truncated?"));
  const std::string long_file = npy(dictionary("<f8", "(1, 1)"), doubles({1, 2}));
  CHECK_THROWS_WITH(open_rows(scratch.write("a.npy", long_file)), Contains("expected 8 for 1 x 1"));
  for (const char* order : {"False", "True"}) {
    const std::string claims =
        npy(dictionary("<f8", "(1000000000000, 100)", order), doubles({1, 2, 3}));
    through_pipe(scratch, claims, [&](const std::string& path) {
      CHECK_THROWS_WITH(read_file(path), Contains("ends before the array of 1000000000000 x 100"));
    });
  }
  through_pipe(scratch, long_file, [&](const std::string& path) {
    CHECK_THROWS_WITH(read_file(path), Contains("goes on after the array of 1 x 1"));
  });
}

TEST_CASE("a .npy file cut at any byte is refused", "[npy]") {
  const Scratch scratch;
  const std::string whole = array<double>("f8", ByteOrder::little, StorageOrder::row_major, 1);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string path = scratch.write("a.npy", whole.substr(0, length));
    CHECK_THROWS_AS(read_file(path), FileError);
  }
}

TEST_CASE("a .npy header with any bit flipped is refused or still means the same", "[npy]") {
  const Scratch scratch;
  const std::string whole =
      array<std::int32_t>("i4", ByteOrder::little, StorageOrder::row_major, 1);
  const std::size_t header = whole.size() - 12 * 4;
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * header; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    try {
      static_cast<void>(read_file(scratch.write("a.npy", flipped)));
    } catch (const FileError&) {
      ++refused;
    }
  }
  CHECK(refused > static_cast<int>(8 * header) * 9 / 10);
}

TEST_CASE("NaN and infinity are refused by row and column, or kept", "[npy]") {
  const Scratch scratch;
  const double inf = std::numeric_limits<double>::infinity();
  const std::string path =
      scratch.write("a.npy", npy(dictionary("<f8", "(2, 2)"), doubles({1, 2, std::nan(""), inf})));
  CHECK_THROWS_WITH(read_file(path), Contains("row 2, column 1 is NaN, expected a finite number"));
  ReadOptions options;
  options.columns.keep = {"2"};
  CHECK_THROWS_WITH(read_file(path, options), Contains("row 2, column 2 is infinite"));
  options.non_finite = NonFinite::keep;
  CHECK(read_file(path, options)(1, 0) == inf);
  const std::string wide = scratch.write("b.npy", npy(dictionary("<f8", "(1,)"), doubles({1e300})));
  CHECK(read_file(wide)(0, 0) == 1e300);
  CHECK_THROWS_WITH(read_all<float>(*open_rows(wide)), Contains("row 1, column 1 is infinite (or"));
}

TEST_CASE("blocks of any size, columns in any order and strides give the same numbers", "[npy]") {
  const Scratch scratch;
  for (const StorageOrder storage : {StorageOrder::row_major, StorageOrder::column_major}) {
    const std::string path = scratch.write("a.npy", array<float>("f4", ByteOrder::big, storage, 1));
    for (const Index size : {1, 2, 3, 7}) {
      ReadOptions options;
      options.columns.keep = {"4", "1-2"};
      const auto reader = open_rows(path, options);
      CHECK(reader->rows() == 3);
      CHECK(reader->cols() == 3);
      CHECK(reader->shape().size() == 2);
      Matrix<double> block(3, size);
      Index row = 0;
      for (Index got = 0; (got = reader->read(block.view().transpose())) > 0;) {
        for (Index i = 0; i < got; ++i, ++row) {
          CHECK(block(0, i) == entry(row, 3));
          CHECK(block(1, i) == entry(row, 0));
          CHECK(block(2, i) == entry(row, 1));
        }
      }
      CHECK(row == 3);
    }
  }
}

TEST_CASE("more dimensions become rows when asked", "[npy]") {
  const Scratch scratch;
  ReadOptions options;
  options.leading = LeadingDimensions::flatten;
  const std::string data = doubles({0, 1, 2, 3, 4, 5, 6, 7});
  const auto reader =
      open_rows(scratch.write("a.npy", npy(dictionary("<f8", "(2, 2, 2)"), data)), options);
  CHECK(reader->shape().size() == 3);
  const auto m = read_all<double>(*reader);
  CHECK(m.rows() == 4);
  CHECK(m(3, 0) == 6);
  CHECK_THROWS_WITH(
      open_rows(scratch.write("a.npy", npy(dictionary("<f8", "(2, 2, 2)", "True"), data)), options),
      Contains("ascontiguousarray"));
}

TEST_CASE("an array without rows is read as such", "[npy]") {
  const Scratch scratch;
  for (const char* order : {"False", "True"}) {
    const auto m = read_file(scratch.write("a.npy", npy(dictionary("<f8", "(0, 8)", order), "")));
    CHECK(m.rows() == 0);
    CHECK(m.cols() == 8);
  }
}

TEST_CASE("columns that no byte bears out are refused at once", "[npy][wide][bad]") {
  const Scratch scratch;
  const bochner::test::PeakAllocation held;
  for (const char* shape : {"(0, 200000000)", "(0, 2000000000)", "(0, 9000000000000000)"}) {
    CHECK_THROWS_WITH(open_rows(scratch.write("a.npy", npy(dictionary("<f8", shape), ""))),
                      Contains("a.npy: is an array of 0 x ") &&
                          Contains("expected at most 1048576 columns where there are no rows"));
  }
  through_pipe(scratch, npy(dictionary("|u1", "(1, 2000000000)"), "x"), [](const auto& path) {
    CHECK_THROWS_WITH(open_rows(path), Contains("expected at most 1048576 columns from a pipe"));
  });
  CHECK(open_rows(scratch.write("a.npy", npy(dictionary("<f8", "(0, 3)"), "")))->rows() == 0);
  CHECK(held.bytes() < std::size_t{1} << 20);
}

TEST_CASE("headers of Python 2 are read", "[npy]") {
  const Scratch scratch;
  const std::string path =
      scratch.write("a.npy", npy(dictionary("<f8", "(2L, 1L)"), doubles({1.5, 2.5})));
  CHECK(read_file(path)(1, 0) == 2.5);
  CHECK(open_rows(path)->layout() == ".npy, 2 x 1, f8");
  CHECK_THROWS_WITH(
      open_rows(scratch.write("a.npy", npy(dictionary("<f8", "(2LL, 1)"), doubles({1.5, 2.5})))),
      Contains("its header lacks"));
}
