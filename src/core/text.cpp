// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <array>
#include <cstdio>
#include <set>

namespace bochner::text {
namespace {

/// Members' names, none of them twice.
class Names {
 public:
  void add(const Member& member) {
    if (!seen_.insert(member.name).second) {
      fail(member.value, "'" + member.name + "' is given twice");
    }
  }

 private:
  std::set<std::string> seen_;
};

/// Recursive descent over `word`, `word(name=value, ...)` and `[value, ...]`.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Value value(int depth = 0) {
    skip_blanks();
    Value out;
    out.position = position_;
    if (depth > kMaxDepth) fail(out, "nested too deeply");
    if (take('[')) {
      out.is_list = true;
      if (take(']')) return out;
      do {
        out.items.push_back(value(depth + 1));
      } while (take(','));
      expect(']');
      return out;
    }
    out.word = word();
    if (peek() == '(') {
      ++position_;
      if (take(')')) return out;
      Names names;
      do {
        out.members.push_back(member(depth + 1));
        names.add(out.members.back());
      } while (take(','));
      expect(')');
    }
    return out;
  }

  Member member(int depth) {
    skip_blanks();
    std::string name = word();
    expect('=');
    return {std::move(name), value(depth)};
  }

  bool at_end() {
    skip_blanks();
    return static_cast<std::size_t>(position_) >= text_.size();
  }

  void fail_here(const std::string& what) const {
    Value at;
    at.position = position_;
    fail(at, what);
  }

 private:
  char peek() const {
    return static_cast<std::size_t>(position_) < text_.size()
               ? text_[static_cast<std::size_t>(position_)]
               : '\0';
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++position_;
  }

  bool take(char wanted) {
    skip_blanks();
    if (peek() != wanted) return false;
    ++position_;
    return true;
  }

  void expect(char wanted) {
    if (!take(wanted)) {
      fail_here(std::string("expected '") + wanted + "', got " +
                (at_end() ? "the end" : std::string("'") + peek() + "'"));
    }
  }

  std::string word() {
    const auto is_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '+' || c == '.';
    };
    const Index first = position_;
    while (is_word(peek())) ++position_;
    if (position_ == first) fail_here("expected a name or a number");
    return std::string(
        text_.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(position_ - first)));
  }

  std::string_view text_;
  Index position_ = 0;
};

}  // namespace

Value parse_value(std::string_view text) {
  Parser parser(text);
  Value out = parser.value();
  if (!parser.at_end()) parser.fail_here("unexpected text after the value");
  return out;
}

Value parse_members(std::string_view text) {
  Parser parser(text);
  Value out;
  Names names;
  while (!parser.at_end()) {
    out.members.push_back(parser.member(0));
    names.add(out.members.back());
  }
  return out;
}

std::string number(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string rounded(double value, int digits) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  return text.data();
}

void fail(const Value& at, const std::string& what) {
  throw InvalidArgument("at character " + std::to_string(at.position + 1) + ": " + what);
}

}  // namespace bochner::text
