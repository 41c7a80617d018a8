// SPDX-License-Identifier: Apache-2.0
#include "io/archive_file.hpp"

#include "bochner/core/error.hpp"
#include "bochner/random/stream.hpp"
#include "bochner/version.hpp"
#include "io/archive_header.hpp"
#include "io/byte_source.hpp"
#include "io/message.hpp"
#include "io/sha256.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bochner::io {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie");

constexpr const char* kFormat = "bochner 1";
/// What messages call an archive that is in no file.
constexpr const char* kInMemory = "archive in memory";
constexpr std::string_view kBeforeDigest = R"({"__metadata__":{"sha256":")";
constexpr std::size_t kDigits = 64;
constexpr std::size_t kLengthBytes = 8;
/// The arrays begin on a multiple of this.
constexpr std::size_t kAlignment = 8;
constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

std::string length_bytes(std::size_t length) {
  std::string out;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    out += static_cast<char>((static_cast<std::uint64_t>(length) >> (8 * i)) & 0xFF);
  }
  return out;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <class T>
std::span<std::byte> bytes_of(Matrix<T>& matrix) {
  return std::as_writable_bytes(std::span(matrix.data(), static_cast<std::size_t>(matrix.size())));
}

std::span<const std::byte> bytes_of(const Archive::Array& array) {
  return std::visit(
      [](const auto& matrix) {
        return std::as_bytes(std::span(matrix.data(), static_cast<std::size_t>(matrix.size())));
      },
      array);
}

/// Names in the order of their bytes: those of 8 bytes an item first, so that all are aligned.
std::vector<std::string> layout(const Archive& archive) {
  std::vector<std::string> names;
  for (const auto& [name, array] : archive.arrays) names.push_back(name);
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return archive.find<double>(name) != nullptr;
  });
  return names;
}

ArchiveHeader header_of(const Archive& archive, const std::vector<std::string>& names) {
  ArchiveHeader header;
  header.metadata = archive.metadata;
  header.metadata.insert_or_assign("sha256", std::string(kDigits, '0'));
  header.metadata.insert_or_assign("format", kFormat);
  header.metadata.insert_or_assign("library_version", version_string());
  header.metadata.insert_or_assign("stream_version", std::to_string(kStreamVersion));
  for (const std::string& name : names) {
    std::visit(
        [&](const auto& matrix) {
          header.entries.push_back(
              {name, static_cast<Index>(sizeof(*matrix.data())), matrix.rows(), matrix.cols()});
        },
        archive.arrays.find(name)->second);
  }
  return header;
}

std::string padded_header(const ArchiveHeader& header, const std::string& file) {
  std::string json;
  try {
    json = format_archive_header(header, "sha256");
  } catch (const nlohmann::json::type_error&) {
    throw FileError(file + ": the metadata to write is not UTF-8");
  }
  while ((json.size() + kLengthBytes) % kAlignment != 0) json += ' ';
  if (json.size() > kLongestArchiveHeader) {
    throw FileError(file + ": the header to write has " + std::to_string(json.size()) +
                    " bytes, expected at most " + std::to_string(kLongestArchiveHeader));
  }
  if (header.entries.size() > kMostArrays) {
    throw FileError(file + ": more than " + std::to_string(kMostArrays) + " arrays to write");
  }
  return json;
}

/// Calls `write` with the file's bytes, piece by piece.
template <class Write>
void write_pieces(const Archive& archive, const std::string& file, const Write& write) {
  const std::vector<std::string> names = layout(archive);
  std::string json = padded_header(header_of(archive, names), file);
  const std::string length = length_bytes(json.size());
  Sha256 hash;
  hash.add(bytes_of(length));
  hash.add(bytes_of(json));
  for (const std::string& name : names) hash.add(bytes_of(archive.arrays.find(name)->second));
  json.replace(kBeforeDigest.size(), kDigits, hash.hex());

  write(std::string_view(length));
  write(std::string_view(json));
  for (const std::string& name : names) {
    std::span<const std::byte> rest = bytes_of(archive.arrays.find(name)->second);
    while (!rest.empty()) {
      const auto piece = rest.first(std::min(rest.size(), kPieceBytes));
      write(std::string_view(reinterpret_cast<const char*>(piece.data()), piece.size()));
      rest = rest.subspan(piece.size());
    }
  }
}

/// A file's bytes, held in memory, read as a `ByteSource` is.
class HeldBytes {
 public:
  explicit HeldBytes(std::span<const std::byte> bytes) : bytes_(bytes), left_(bytes) {}
  const std::string& name() const noexcept { return name_; }
  std::optional<std::uint64_t> size() const noexcept { return bytes_.size(); }
  std::span<const std::byte> peek() const noexcept { return left_; }
  std::size_t read(std::span<std::byte> out) {
    const std::size_t count = std::min(out.size(), left_.size());
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  std::string name_ = kInMemory;
  std::span<const std::byte> bytes_;
  std::span<const std::byte> left_;
};

void expect_metadata(const ArchiveHeader& header, const char* key, const std::string& expected,
                     const std::string& file) {
  const auto found = header.metadata.find(key);
  if (found == header.metadata.end()) {
    throw FileError(file + ": '" + key + "' is missing: not a file of bochner");
  }
  if (found->second != expected) {
    throw FileError(file + ": '" + key + "' is " + io::quoted(found->second) +
                    ", this program reads '" + expected + "'");
  }
}

template <class T, class Source>
Archive::Array read_array(Source& source, const ArchiveEntry& entry, Sha256& hash) {
  Matrix<T> matrix(entry.rows, entry.cols);
  const std::span<std::byte> bytes = bytes_of(matrix);
  if (source.read(bytes) < bytes.size()) {
    throw FileError(source.name() + ": became shorter while it was read");
  }
  hash.add(bytes);
  return matrix;
}

/// The archive that a source holds from its first byte to its last.
template <class Source>
Archive read_from(Source& source) {
  const std::string& file = source.name();
  if (!source.size()) throw FileError(file + ": is a pipe or a device, expected a file");
  const std::uint64_t size = *source.size();
  std::array<std::byte, kLengthBytes> prefix{};
  if (size < kLengthBytes || source.read(prefix) < kLengthBytes) {
    throw FileError(file + ": is too short for a file of bochner (truncated?)");
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::to_integer<std::uint64_t>(prefix[i]) << (8 * i);
  }
  if (length > kLongestArchiveHeader) {
    throw FileError(file + ": announces a header of " + std::to_string(length) +
                    " bytes: not a file of bochner");
  }
  if (length > size - kLengthBytes) throw FileError(file + ": ends in its header (truncated?)");
  std::string json(static_cast<std::size_t>(length), '\0');
  const std::span<std::byte> json_bytes =
      std::as_writable_bytes(std::span(json.data(), json.size()));
  if (source.read(json_bytes) < json.size()) {
    throw FileError(file + ": became shorter while it was read");
  }

  ArchiveHeader header = parse_archive_header(json, file);
  expect_metadata(header, "format", kFormat, file);
  expect_metadata(header, "stream_version", std::to_string(kStreamVersion), file);
  const auto claimed = static_cast<std::uint64_t>(data_bytes(header));
  const std::uint64_t held = size - kLengthBytes - length;
  if (held != claimed) {
    throw FileError(file + ": holds " + std::to_string(held) + " bytes of arrays, expected " +
                    std::to_string(claimed) + (held < claimed ? " (truncated?)" : ""));
  }
  const std::string digest = json.substr(std::min(json.size(), kBeforeDigest.size()), kDigits);
  if (!json.starts_with(kBeforeDigest) || header.metadata["sha256"] != digest) {
    throw FileError(file + ": its digest is not where bochner writes it");
  }
  json.replace(kBeforeDigest.size(), kDigits, std::string(kDigits, '0'));

  Archive archive;
  Sha256 hash;
  hash.add(prefix);
  hash.add(json_bytes);
  for (const ArchiveEntry& entry : header.entries) {
    archive.arrays.emplace(entry.name, entry.item_bytes == 4
                                           ? read_array<float>(source, entry, hash)
                                           : read_array<double>(source, entry, hash));
  }
  if (!source.peek().empty()) throw FileError(file + ": became longer while it was read");
  if (hash.hex() != digest) {
    throw FileError(file + ": is damaged: its bytes do not have the SHA-256 it states");
  }
  header.metadata.erase("sha256");
  archive.metadata = std::move(header.metadata);
  return archive;
}

}  // namespace

void require_header(const Archive& archive, const std::string& file) {
  static_cast<void>(padded_header(header_of(archive, layout(archive)), file));
}

void write_archive(OutputFile& out, const Archive& archive) {
  write_pieces(archive, out.name(), [&](std::string_view piece) { out.write(piece); });
}

void write_archive(const std::string& path, const Archive& archive) {
  if (path == "-") throw FileError("-: an archive is a file, not the standard output");
  OutputFile out(path);
  write_archive(out, archive);
  out.commit();
}

Archive read_archive(const std::string& path) {
  ByteSource source(path);
  return read_from(source);
}

std::vector<std::byte> to_bytes(const Archive& archive) {
  std::vector<std::byte> out;
  write_pieces(archive, kInMemory, [&](std::string_view piece) {
    const std::span<const std::byte> bytes = bytes_of(piece);
    out.insert(out.end(), bytes.begin(), bytes.end());
  });
  return out;
}

Archive parse_archive(std::span<const std::byte> bytes) {
  HeldBytes source(bytes);
  return read_from(source);
}

}  // namespace bochner::io
