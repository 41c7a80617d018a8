// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/io/byte_source.hpp"
#include "interface/io/row_reader.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bochner::io {

/// What readers of text share: the number of rows shows at the end only.
class TextReader : public RowReader {
 public:
  std::span<const std::string> names() const override { return names_; }
  std::optional<Index> rows() const override { return std::nullopt; }
  std::span<const Index> shape() const override { return {}; }
  std::string digest() override { return source_->digest(); }

 protected:
  explicit TextReader(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  std::unique_ptr<ByteSource> source_;
  std::vector<std::string> names_;  ///< of the columns chosen
};

}  // namespace bochner::io
