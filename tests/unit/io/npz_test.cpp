// SPDX-License-Identifier: Apache-2.0
#include "io/npz.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/npy_header.hpp"
#include "io/rereadable.hpp"
#include "io/row_reader.hpp"
#include "support/allocation.hpp"
#include "support/scratch.hpp"

#include <zlib.h>
#include <catch2/catch.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::test::PeakAllocation;
using bochner::test::Scratch;
using bochner::test::slurp;
using Catch::Matchers::Contains;

namespace {

std::string array(const std::vector<double>& values, Index cols) {
  NpyHeader header;
  header.shape = {static_cast<Index>(values.size()) / cols, cols};
  std::string out = format_npy_header(header);
  const std::size_t before = out.size();
  out.resize(before + values.size() * sizeof(double));
  std::memcpy(out.data() + before, values.data(), values.size() * sizeof(double));
  return out;
}

std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

/// As numpy.savez_compressed does it.
std::string deflate_raw(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Member {
  std::string name;
  std::string bytes;
  bool compressed = false;
};

/// A zip archive as numpy writes it: sizes in 64 bits in each local header.
std::string zip(const std::vector<Member>& members, std::uint64_t claimed_too_much = 0) {
  std::string out;
  std::string directory;
  for (const Member& member : members) {
    const std::string held = member.compressed ? deflate_raw(member.bytes) : member.bytes;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()),
                           static_cast<uInt>(member.bytes.size()));
    const std::uint64_t bytes = member.bytes.size() + claimed_too_much;
    const std::string method = little(member.compressed ? 8 : 0, 2);
    const std::string extra =
        little(1, 2) + little(16, 2) + little(bytes, 8) + little(held.size(), 8);
    const std::size_t offset = out.size();
    out += "PK\x03\x04" + little(45, 2) + little(0, 2) + method + little(0, 4) + little(crc, 4) +
           little(0xFFFFFFFF, 4) + little(0xFFFFFFFF, 4) + little(member.name.size(), 2) +
           little(extra.size(), 2) + member.name + extra + held;
    directory += "PK\x01\x02" + little(45, 2) + little(45, 2) + little(0, 2) + method +
                 little(0, 4) + little(crc, 4) + little(held.size(), 4) + little(bytes, 4) +
                 little(member.name.size(), 2) + little(0, 2) + little(0, 2) + little(0, 8) +
                 little(offset, 4) + member.name;
  }
  const std::size_t begin = out.size();
  return out + directory + "PK\x05\x06" + little(0, 4) + little(members.size(), 2) +
         little(members.size(), 2) + little(directory.size(), 4) + little(begin, 4) + little(0, 2);
}

std::vector<double> values(const std::string& path) {
  const auto rows = read_all<double>(*open_rows(path));
  return {rows.data(), rows.data() + rows.size()};
}

}  // namespace

TEST_CASE("arrays of .npz archives are read, stored and deflated", "[npz]") {
  const Scratch scratch;
  std::vector<double> many(20'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i % 97);
  for (const bool compressed : {false, true}) {
    const std::string one =
        scratch.write("one.npz", zip({{"arr_0.npy", array(many, 4), compressed}}));
    CHECK(values(one) == many);
    CHECK(values(one + ":arr_0") == many);
    CHECK(values(one + ":arr_0.npy") == many);
    CHECK(open_rows(one)->layout() == ".npy, 5000 x 4, f8");
    CHECK(open_rows(one)->file() == one + ":arr_0");
    const auto source = open_rereadable(one + ":arr_0");
    CHECK(read_all<double>(*open_rows(source->again())).rows() == 5000);
    CHECK(read_all<double>(*open_rows(source->again())).rows() == 5000);
    const std::string two = scratch.write("two.npz", zip({{"x.npy", array({1, 2}, 2), compressed},
                                                          {"y.npy", array({3}, 1), compressed}}));
    CHECK(values(two + ":x") == std::vector<double>{1, 2});
    CHECK(values(two + ":y") == std::vector<double>{3});
    CHECK_THROWS_WITH(open_rows(two), Contains("two.npz: holds 2 arrays: 'x', 'y'; expected") &&
                                          Contains("two.npz:NAME"));
    CHECK_THROWS_WITH(open_rows(two + ":z"), Contains("has no array 'z'; it has 'x', 'y'"));
  }
  CHECK_THROWS_WITH(open_rows(scratch.path("none.npz:x")), Contains("none.npz: cannot open"));
}

TEST_CASE("a compressed array may end anywhere beside a full buffer", "[npz]") {
  const Scratch scratch;
  constexpr Index kBuffer = Index{1} << 18;
  // The last of a buffer's bytes come from within a match, at its end, or at that of the stream.
  const auto check = [&](Index length) {
    INFO(length);
    NpyHeader header;
    header.kind = 'u';
    header.item_bytes = 1;
    header.shape = {length};
    const std::string bytes =
        format_npy_header(header) + std::string(static_cast<std::size_t>(length), '\7');
    const std::string path = scratch.write("one.npz", zip({{"arr_0.npy", bytes, true}}));
    std::vector<double> found;
    CHECK_NOTHROW(found = values(path));
    CHECK(found == std::vector<double>(static_cast<std::size_t>(length), 7.0));
  };
  for (const Index length : {262020, 262021, 262026}) check(length);
  for (Index past = -150; past < 300; past += 3) check(kBuffer + past);
}

TEST_CASE("an archive that is no array is refused by name", "[npz][bad]") {
  const Scratch scratch;
  const std::string text = scratch.write("a.npz", zip({{"a.txt", "hello", false}}));
  CHECK_THROWS_WITH(open_rows(text), Contains("a.npz:a.txt: "));
  // Archives within archives end at the first.
  std::string nested = zip({{"x.npy", array({1}, 1), false}});
  for (int i = 0; i < 50; ++i) nested = zip({{"x.npy", nested, false}});
  CHECK_THROWS_WITH(open_rows(scratch.write("b.npz", nested)),
                    Contains("is not a .npy file: its first bytes are different"));
  CHECK_THROWS_WITH(open_rows(scratch.write("c.npz", zip({}))), Contains("c.npz: "));
  CHECK_THROWS_WITH(open_rows(scratch.write("d.npz", "PK\x03\x04")), Contains("no directory"));
  // A thousand times the bytes, on the archive's word.
  const PeakAllocation held;
  const std::string bomb =
      scratch.write("e.npz", zip({{"x.npy", array({1}, 1), true}}, std::uint64_t{1} << 31));
  CHECK_THROWS_WITH(open_rows(bomb), Contains("which deflate never reaches"));
  CHECK_THROWS_WITH(open_rows(scratch.write("f.npz", zip({{"x.npy", array({1}, 1), true}}, 5))),
                    Contains("its length differs from the length in the directory"));
  CHECK_THROWS_WITH(open_rows(scratch.write("g.npz", zip({{"x.npy", array({1}, 1), false}}, 5))),
                    Contains("its stored length differs from the length in the directory"));
  CHECK(held.bytes() < std::size_t{4} << 20);
}

TEST_CASE("an archive cut anywhere or with any byte changed is read rightly or refused",
          "[npz][bad]") {
  const Scratch scratch;
  const std::vector<double> right = {1.5, 2, 3, 4};
  for (const bool compressed : {false, true}) {
    const std::string whole = zip({{"arr_0.npy", array(right, 2), compressed}});
    for (std::size_t at = 4; at < whole.size(); ++at) {
      INFO(at);
      CHECK_THROWS_AS(open_rows(scratch.write("a.npz", whole.substr(0, at))), FileError);
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x21);
      std::vector<double> read = right;
      try {
        read = values(scratch.write("b.npz", changed));
      } catch (const FileError& error) {
        CHECK_THAT(error.what(), Contains("b.npz"));
      }
      CHECK(read == right);
    }
  }
}
