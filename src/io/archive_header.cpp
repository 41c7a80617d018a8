// SPDX-License-Identifier: Apache-2.0
#include "io/archive_header.hpp"

#include "bochner/core/error.hpp"
#include "core/checked.hpp"
#include "io/message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace bochner::io {
namespace {

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::uint64_t kMost = std::uint64_t{1} << 62;

/// An array as the file describes it.
struct Claim {
  std::string name;
  std::string type;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;
};

/// Takes the parser's events; the first that does not belong is an error.
class Events final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Events(const std::string& file) : file_(file) {}

  const std::vector<Claim>& claims() const { return claims_; }
  std::map<std::string, std::string, std::less<>> take_metadata() { return std::move(metadata_); }

  bool null() override { refuse("a null"); }
  bool boolean(bool /*value*/) override { refuse("a boolean"); }
  bool number_integer(number_integer_t /*value*/) override { refuse("a negative number"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    refuse("a number that is not whole");
  }
  bool binary(binary_t& /*value*/) override { refuse("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (numbers_ == nullptr) refuse("a number outside shape and data_offsets");
    if (numbers_->size() == 2) refuse("more than two numbers in " + io::quoted(key_));
    numbers_->push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      if (!metadata_.emplace(key_, value).second) refuse_twice();
    } else if (place_ == Place::entry && key_ == "dtype" && numbers_ == nullptr) {
      claims_.back().type = value;
    } else {
      refuse("a string that belongs nowhere");
    }
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    switch (place_) {
      case Place::outside:
        place_ = Place::top;
        return true;
      case Place::top:
        if (key_ == kMetadata) {
          place_ = Place::metadata;
          return true;
        }
        if (claims_.size() == kMostArrays) {
          refuse("more than " + std::to_string(kMostArrays) + " arrays");
        }
        claims_.push_back({key_, {}, {}, {}});
        entry_keys_.clear();
        place_ = Place::entry;
        return true;
      default:
        refuse("objects too deep");
    }
  }

  bool key(string_t& value) override {
    key_ = value;
    if (place_ == Place::top && !names_.insert(value).second) refuse_twice();
    if (place_ == Place::entry) {
      if (value != "dtype" && value != "shape" && value != "data_offsets") {
        refuse("an unknown key " + io::quoted(value));
      }
      if (!entry_keys_.insert(value).second) refuse_twice();
    }
    return true;
  }

  bool end_object() override {
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (place_ != Place::entry || numbers_ != nullptr || key_ == "dtype") {
      refuse("a list that belongs nowhere");
    }
    auto& list = key_ == "shape" ? claims_.back().shape : claims_.back().offsets;
    numbers_ = &list.emplace();
    return true;
  }

  bool end_array() override {
    numbers_ = nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    throw FileError(file_ + ": the header is not JSON at byte " + std::to_string(position));
  }

 private:
  enum class Place { outside, top, metadata, entry };

  [[noreturn]] void refuse(const std::string& what) const {
    throw FileError(file_ + ": the header holds " + what);
  }
  [[noreturn]] void refuse_twice() const { refuse("the key " + io::quoted(key_) + " twice"); }

  const std::string& file_;
  Place place_ = Place::outside;
  std::string key_;
  std::set<std::string> names_;
  std::set<std::string> entry_keys_;
  std::vector<std::uint64_t>* numbers_ = nullptr;
  std::vector<Claim> claims_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

/// The entry that a claim makes, whose bytes must end where it says.
ArchiveEntry check_claim(const Claim& claim, const std::string& file) {
  const auto refuse = [&](const std::string& what) {
    throw FileError(file + ": the array " + io::quoted(claim.name) + " " + what);
  };
  ArchiveEntry entry{claim.name, claim.type == "F32" ? 4 : 8, 0, 0};
  if (claim.type != "F32" && claim.type != "F64") {
    refuse("is of type " + io::quoted(claim.type) + ", expected F32 or F64");
  }
  if (!claim.shape || claim.shape->size() != 2) refuse("has no shape of two extents");
  if (!claim.offsets || claim.offsets->size() != 2) refuse("has no pair of data_offsets");
  const auto [begin, end] = std::array{(*claim.offsets)[0], (*claim.offsets)[1]};
  for (const std::uint64_t value : {(*claim.shape)[0], (*claim.shape)[1], begin, end}) {
    if (value > kMost) refuse("has extents or offsets out of range");
  }
  entry.rows = static_cast<Index>((*claim.shape)[0]);
  entry.cols = static_cast<Index>((*claim.shape)[1]);
  const auto size = checked_product(entry.rows, entry.cols);
  const auto bytes = size ? checked_product(*size, entry.item_bytes) : std::nullopt;
  if (!bytes || begin > end || static_cast<Index>(end - begin) != *bytes) {
    refuse("does not have the length of its shape");
  }
  return entry;
}

Index bytes_of(const ArchiveEntry& entry) { return entry.rows * entry.cols * entry.item_bytes; }

/// Not as part of a JSON object, whose destructor takes memory.
std::string json_string(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

Index data_bytes(const ArchiveHeader& header) {
  Index total = 0;
  for (const ArchiveEntry& entry : header.entries) total += bytes_of(entry);
  return total;
}

std::string format_archive_header(const ArchiveHeader& header, const std::string& first_key) {
  const auto member = [](const std::string& key, const std::string& value) {
    return json_string(key) + ":" + json_string(value);
  };
  const auto pair = [](Index first, Index second) {
    return "[" + std::to_string(first) + "," + std::to_string(second) + "]";
  };
  std::string out = "{" + json_string(std::string(kMetadata)) + ":{" +
                    member(first_key, header.metadata.at(first_key));
  for (const auto& [key, value] : header.metadata) {
    if (key != first_key) out += "," + member(key, value);
  }
  out += "}";
  Index offset = 0;
  for (const ArchiveEntry& entry : header.entries) {
    const Index end = offset + bytes_of(entry);
    out += "," + json_string(entry.name) + R"(:{"dtype":")" +
           (entry.item_bytes == 4 ? "F32" : "F64") + R"(","shape":)" +
           pair(entry.rows, entry.cols) + R"(,"data_offsets":)" + pair(offset, end) + "}";
    offset = end;
  }
  return out + "}";
}

ArchiveHeader parse_archive_header(std::string_view json, const std::string& file) {
  // The parser would pass over a byte-order mark.
  if (!json.starts_with('{')) throw FileError(file + ": the header does not begin with '{'");
  Events events(file);
  nlohmann::json::sax_parse(json, &events);

  std::vector<const Claim*> order;
  std::vector<ArchiveEntry> entries;
  for (const Claim& claim : events.claims()) {
    entries.push_back(check_claim(claim, file));
    order.push_back(&claim);
  }
  std::vector<std::size_t> ranks(order.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = i;
  std::sort(ranks.begin(), ranks.end(),
            [&](std::size_t a, std::size_t b) { return *order[a]->offsets < *order[b]->offsets; });
  ArchiveHeader header;
  header.metadata = events.take_metadata();
  std::uint64_t expected = 0;
  for (const std::size_t i : ranks) {
    const std::uint64_t begin = order[i]->offsets->front();
    if (begin != expected) {
      throw FileError(file + ": the array " + io::quoted(order[i]->name) +
                      (begin < expected ? " overlaps another" : " leaves a hole before it"));
    }
    expected = order[i]->offsets->back();
    header.entries.push_back(std::move(entries[i]));
  }
  return header;
}

}  // namespace bochner::io
