// SPDX-License-Identifier: Apache-2.0
#include "io/sha256.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using bochner::io::Sha256;

namespace {

std::string digest(const std::string& text, std::size_t piece) {
  Sha256 hash;
  const auto bytes = std::as_bytes(std::span(text));
  for (std::size_t first = 0; first < bytes.size(); first += piece) {
    hash.add(bytes.subspan(first, std::min(piece, bytes.size() - first)));
  }
  return hash.hex();
}

}  // namespace

TEST_CASE("SHA-256 gives NIST's digests, however the bytes come", "[sha256]") {
  struct Known {
    std::string text;
    const char* hex;
  };
  const std::string long_message =
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmno"
      "p"
      "qrsmnopqrstnopqrstu";
  for (const Known& known :
       {Known{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        Known{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        Known{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        Known{long_message, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        Known{std::string(1'000'000, 'a'),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}}) {
    for (const std::size_t piece : {1U, 55U, 63U, 64U, 65U, 1000U}) {
      CHECK(digest(known.text, piece) == known.hex);
    }
  }
}

TEST_CASE("every length of a message has its own padding", "[sha256]") {
  // The digest of the digests of 0 to 130 letters; from Python's hashlib.
  std::string all;
  for (std::size_t length = 0; length <= 130; ++length) {
    all += digest(std::string(length, 'x'), 200);
  }
  CHECK(digest(all, 64) == "87aca1c44bc7ba8897768170211f0a02063de70801131ff86c7edb9ce32c6a50");
}
