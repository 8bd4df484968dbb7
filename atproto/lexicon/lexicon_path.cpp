#include "atproto/lexicon/lexicon_path.hpp"

#include "atproto/syntax/syntax_chars.hpp"

#include <fmt/format.h>

namespace prism::atproto::detail {
namespace {

bool is_identifier(std::string_view key) noexcept {
  return !key.empty() && !is_digit(key.front()) &&
         all_of(key, [](char c) { return is_alnum(c) || c == '_' || c == '$'; });
}

// Bytes outside printable ASCII are escaped, so that the path can be logged.
std::string quoted_key(std::string_view key) {
  std::string text = "[\"";
  for (const char c : key)
    if (c < ' ' || c > '~' || c == '"' || c == '\\')
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      text += c;
  return text + "\"]";
}

} // namespace

std::string json_path::to_string() const {
  constexpr std::size_t max_key_size = 64;
  if (parent_ == nullptr)
    return "$";
  if (is_index_)
    return fmt::format("{}[{}]", parent_->to_string(), index_);
  const auto key = key_.substr(0, max_key_size);
  return parent_->to_string() + (is_identifier(key) ? '.' + std::string{key} : quoted_key(key));
}

} // namespace prism::atproto::detail
