// SPDX-License-Identifier: Apache-2.0
#include "io/archive_file.hpp"

#include "bochner/core/error.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace bochner::io;
using bochner::Archive;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using bochner::test::slurp;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

template <class T>
Matrix<T> counting(Index rows, Index cols, T step) {
  Matrix<T> out(rows, cols);
  for (Index i = 0; i < out.size(); ++i) out.data()[i] = static_cast<T>(i + 1) * step;
  return out;
}

Archive sample() {
  Archive archive;
  archive.metadata = {{"kind", "sample"}, {"names", "a \"quoted\"\tr\xC3\xA9sum\xC3\xA9 \\ \x01"}};
  archive.arrays.emplace("wide", counting<double>(2, 3, 0.1));
  archive.arrays.emplace("narrow", counting<float>(1, 3, 0.3F));
  archive.arrays.emplace("empty", Matrix<double>(0, 4));
  return archive;
}

std::string save(const Scratch& scratch, const Archive& archive) {
  OutputFile out(scratch.path("a.safetensors"));
  write_archive(out, archive);
  out.commit();
  return scratch.path("a.safetensors");
}

/// Header and data as they come, with a length before them.
std::string raw(const std::string& json, std::size_t data_bytes) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>((json.size() >> (8 * i)) & 0xFF);
  return out + json + std::string(data_bytes, '\0');
}

/// The words of a file of ours, then `rest` of the header.
std::string with_words(const std::string& rest, const std::string& words = "") {
  return R"({"__metadata__":{"sha256":")" + std::string(64, '0') +
         R"(","format":"bochner 1","stream_version":"1")" + words + "}" + rest + "}";
}

std::string array(const std::string& name, const std::string& shape, const std::string& offsets) {
  return R"(,")" + name + R"(":{"dtype":"F64","shape":[)" + shape + R"(],"data_offsets":[)" +
         offsets + "]}";
}

}  // namespace

TEST_CASE("an archive reads back as it was written", "[archive]") {
  const Scratch scratch;
  const Archive before = sample();
  const std::string path = save(scratch, before);
  const Archive after = read_archive(path);
  for (const auto& [key, word] : before.metadata) CHECK(after.word(key) == word);
  CHECK(after.word("stream_version") == "1");
  REQUIRE(after.arrays.size() == 3);
  const auto& wide = after.array<double>("wide", 2, 3);
  for (Index i = 0; i < wide.size(); ++i) CHECK(wide.data()[i] == static_cast<double>(i + 1) * 0.1);
  const auto& narrow = after.array<float>("narrow", 1, 3);
  for (Index i = 0; i < narrow.size(); ++i) {
    CHECK(narrow.data()[i] == static_cast<float>(i + 1) * 0.3F);
  }
  CHECK(after.array<double>("empty", 0, 4).size() == 0);
  // The same archive has the same bytes, also after a round trip.
  const std::string bytes = slurp(path);
  CHECK(slurp(save(scratch, before)) == bytes);
  CHECK(slurp(save(scratch, after)) == bytes);
}

TEST_CASE("an archive without arrays, or without words, reads back", "[archive]") {
  const Scratch scratch;
  Archive words;
  words.metadata = {{"kind", "words"}};
  CHECK(read_archive(save(scratch, words)).word("kind") == "words");
  Archive arrays;
  arrays.arrays.emplace("x", counting<float>(3, 1, 1.0F));
  CHECK(read_archive(save(scratch, arrays)).array<float>("x", 3, 1)(2, 0) == 3.0F);
}

TEST_CASE("an archive in memory has the bytes of its file", "[archive]") {
  const Scratch scratch;
  const Archive archive = sample();
  std::vector<std::byte> bytes = to_bytes(archive);
  const std::string file = slurp(save(scratch, archive));
  CHECK(file == std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const Archive back = parse_archive(bytes);
  CHECK(back.word("names") == archive.word("names"));
  CHECK(back.array<double>("wide", 2, 3)(1, 2) == archive.array<double>("wide", 2, 3)(1, 2));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_WITH(parse_archive(std::span(bytes).first(size)),
                      StartsWith("archive in memory: "));
  }
  bytes.push_back(std::byte{0});
  CHECK_THROWS_AS(parse_archive(bytes), FileError);
  bytes.pop_back();
  bytes.back() ^= std::byte{1};
  CHECK_THROWS_WITH(parse_archive(bytes), EndsWith("do not have the SHA-256 it states"));
}

TEST_CASE("an archive cut at any byte is refused", "[archive][bad]") {
  const Scratch scratch;
  const std::string whole = slurp(save(scratch, sample()));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string path = scratch.write("cut", whole.substr(0, length));
    INFO(length);
    CHECK_THROWS_AS(read_archive(path), FileError);
  }
  CHECK_THROWS_AS(read_archive(scratch.write("long", whole + '\0')), FileError);
}

TEST_CASE("an archive with any bit flipped is refused", "[archive][bad]") {
  const Scratch scratch;
  const std::string whole = slurp(save(scratch, sample()));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const std::string path = scratch.write("flipped", damaged);
    INFO(bit);
    CHECK_THROWS_AS(read_archive(path), FileError);
  }
}

TEST_CASE("a malformed header is refused with its reason", "[archive][bad]") {
  const Scratch scratch;
  const std::string x = array("x", "1,1", "0,8");
  for (const auto& [bytes, reason] : std::vector<std::pair<std::string, std::string>>{
           {"", "too short"},
           {std::string(7, '\0'), "too short"},
           {std::string(8, '\0'), "does not begin with '{'"},
           {std::string(8, '\xFF'), "announces a header of 18446744073709551615 bytes"},
           {std::string("\0\0\x10\0\0\0\0\0", 8), "ends in its header"},
           {raw("[]", 0), "does not begin with '{'"},
           {raw("\xEF\xBB\xBF{}", 0), "does not begin with '{'"},
           {raw("{", 0), "is not JSON at byte"},
           {raw("{} {}", 0), "is not JSON at byte"},
           {raw("{}", 0), "'format' is missing"},
           {raw(std::string(100000, '{'), 0), "is not JSON"},
           {raw(R"({"a":{"dtype":{)", 0), "objects too deep"},
           {raw(R"({"a":)" + std::string(100000, '['), 0), "a list that belongs nowhere"},
           {raw(R"({"__metadata__":{"format":"bochner 2"}})", 0),
            "'format' is 'bochner 2', this program reads 'bochner 1'"},
           {raw(R"({"__metadata__":{"format":"bochner 1","stream_version":"2"}})", 0),
            "'stream_version' is '2'"},
           {raw(R"({"__metadata__":{"format":"bochner 1","stream_version":"1"}})", 0),
            "digest is not where"},
           {raw(with_words("", R"(,"format":"x")"), 0), "the key 'format' twice"},
           {raw(with_words(x + x), 8), "the key 'x' twice"},
           {raw(R"({"__metadata__":{},"__metadata__":{}})", 0), "the key '__metadata__' twice"},
           {raw(with_words("", R"(,"k":1)"), 0), "a number outside"},
           {raw(with_words("", R"(,"k":null)"), 0), "a null"},
           {raw(with_words("", R"(,"k":true)"), 0), "a boolean"},
           {raw(with_words("", R"(,"k":{})"), 0), "objects too deep"},
           {raw(with_words(R"(,"x":"y")"), 0), "a string that belongs nowhere"},
           {raw(with_words(R"(,"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]})"), 8),
            "no shape of two extents"},
           {raw(with_words(R"(,"x":{"dtype":"F64","data_offsets":[0,8]})"), 8), "no shape"},
           {raw(with_words(R"(,"x":{"dtype":"F64","shape":[1,1]})"), 8), "no pair of data_offsets"},
           {raw(with_words(R"(,"x":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]})"), 8),
            "is of type 'I64'"},
           {raw(with_words(R"(,"x":{"dtype":"F64","dtype":"F32"})"), 8), "the key 'dtype' twice"},
           {raw(with_words(R"(,"x":{"colour":"red"})"), 8), "an unknown key 'colour'"},
           {raw(with_words(array("x", "1,1,1", "0,8")), 8), "more than two numbers in 'shape'"},
           {raw(with_words(array("x", "-1,-1", "0,8")), 8), "a negative number"},
           {raw(with_words(array("x", "1.0,1", "0,8")), 8), "not whole"},
           {raw(with_words(array("x", "1e0,1", "0,8")), 8), "not whole"},
           {raw(with_words(array("x", "[1],1", "0,8")), 8), "a list that belongs nowhere"},
           {raw(with_words(array("x", "18446744073709551616,1", "0,8")), 8), "not whole"},
           {raw(with_words(array("x", "18446744073709551615,1", "0,8")), 8), "out of range"},
           {raw(with_words(array("x", "4611686018427387904,4", "0,8")), 8), "length of its shape"},
           {raw(with_words(array("x", "2305843009213693952,8", "0,0")), 8), "length of its shape"},
           {raw(with_words(array("x", "1,1", "8,0")), 8), "length of its shape"},
           {raw(with_words(array("x", "1,1", "0,4")), 8), "length of its shape"},
           {raw(with_words(array("x", "1,1", "8,16")), 16), "'x' leaves a hole before it"},
           {raw(with_words(x + array("y", "1,1", "0,8")), 8), "overlaps another"},
           {raw(with_words(x + array("y", "1,1", "4,12")), 16), "overlaps another"},
           {raw(with_words(x + array("y", "1,1", "16,24")), 24), "'y' leaves a hole before it"},
           {raw(with_words(array("x", "1000000,1000000", "0,8000000000000")), 8), "(truncated?)"},
           {raw(with_words(x), 16), "holds 16 bytes of arrays, expected 8"},
           {raw(with_words(x), 8), "is damaged"},
           {raw(R"({"a\ud800":{}})", 0), "is not JSON"},
           {raw("{\"\xFF\":{}}", 0), "is not JSON"},
       }) {
    const std::string path = scratch.write("bad", bytes);
    INFO(bytes.substr(0, 400));
    CHECK_THROWS_WITH(read_archive(path), StartsWith(path + ": ") && Contains(reason));
  }
  std::string many;
  for (int i = 0; i < 1001; ++i) many += array("x" + std::to_string(i), "0,0", "0,0");
  CHECK_THROWS_WITH(read_archive(scratch.write("bad", raw(with_words(many), 0))),
                    Contains("more than 1000 arrays"));
  CHECK_THROWS_WITH(read_archive(scratch.path()), Contains("is a directory"));
  CHECK_THROWS_WITH(read_archive(scratch.path("none")), Contains("No such file"));
  CHECK_THROWS_WITH(read_archive("/dev/null"), Contains("is a pipe or a device"));
}

TEST_CASE("words that cannot be written are refused", "[archive][bad]") {
  const Scratch scratch;
  Archive archive;
  archive.metadata = {{"k", "\xFF"}};
  CHECK_THROWS_WITH(save(scratch, archive), Contains("is not UTF-8"));
  archive.metadata = {{"k", std::string(std::size_t{100'000'000}, 'x')}};
  CHECK_THROWS_WITH(save(scratch, archive), StartsWith(scratch.path("a.safetensors") +
                                                       ": the header to write has 100000") &&
                                                EndsWith(" bytes, expected at most 100000000"));
  CHECK(scratch.list().empty());
}

TEST_CASE("a header may be long, but no longer than its file", "[archive]") {
  const Scratch scratch;
  Archive archive;
  archive.metadata = {{"k", std::string(std::size_t{3} << 20, 'x')}};
  CHECK(read_archive(save(scratch, archive)).word("k") == archive.word("k"));
  // 100,000,000 bytes are announced, none of which is there.
  CHECK_THROWS_WITH(read_archive(scratch.write("bad", std::string("\0\xE1\xF5\5\0\0\0\0", 8))),
                    Contains("ends in its header"));
  CHECK_THROWS_WITH(read_archive(scratch.write("bad", std::string("\1\xE1\xF5\5\0\0\0\0", 8))),
                    Contains("announces a header of 100000001 bytes"));
}

TEST_CASE("NumPy reads an archive without us", "[archive]") {
  const std::string python = "/usr/bin/python3";
  if (std::system((python + " -c 'import numpy' 2>/dev/null").c_str()) != 0) {
    WARN("python3-numpy is not installed: skipped");
    return;
  }
  const Scratch scratch;
  const std::string path = save(scratch, sample());
  const std::string command =
      python + " " + BOCHNER_SOURCE + "/examples/read_model.py '" + path + "'";
  REQUIRE(std::system((command + " >'" + scratch.path("out") + "'").c_str()) == 0);
  CHECK_THAT(slurp(scratch.path("out")), Contains("kind = sample\n") &&
                                             Contains("empty: float64 (0, 4) sum 0.0\n") &&
                                             Contains("narrow: float32 (1, 3) sum 1.8") &&
                                             Contains("wide: float64 (2, 3) sum 2.1"));
  std::string damaged = slurp(path);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  scratch.write("a.safetensors", damaged);
  CHECK(std::system((command + " 2>/dev/null").c_str()) != 0);
}
