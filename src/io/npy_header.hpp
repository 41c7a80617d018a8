// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "io/byte_source.hpp"

#include <string>
#include <string_view>
#include <vector>

/// \file
/// The header of NumPy's .npy format, versions 1 to 3 [numpy.lib.format].

namespace bochner::io {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

enum class ByteOrder { little, big };
enum class StorageOrder { row_major, column_major };

struct NpyHeader {
  char kind = 'f';       ///< f, i or u: floating point, signed, unsigned
  Index item_bytes = 8;  ///< f: 2, 4, 8; i, u: 1, 2, 4, 8
  ByteOrder byte_order = ByteOrder::little;
  StorageOrder storage = StorageOrder::row_major;
  std::vector<Index> shape;  ///< at most 8 extents; the whole array fits in 63 bits
  friend bool operator==(const NpyHeader&, const NpyHeader&) = default;
};

/// Bytes of the array that follows the header.
Index data_bytes(const NpyHeader& header);

/// Consumes the header. Throws FileError on anything but a well-formed one of at most 10,000 bytes
/// that announces plain numbers.
NpyHeader read_npy_header(ByteSource& source);

/// Magic, version 1.0 and header, padded so that the data begin on a multiple of 64 bytes.
std::string format_npy_header(const NpyHeader& header);

}  // namespace bochner::io
