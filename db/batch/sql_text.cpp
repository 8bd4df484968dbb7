#include "db/batch/sql_text.hpp"

#include "atproto/cbor/json_codec.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace prism::db {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// In JSON text, NUL is written as \u0000. Escapes are skipped in pairs, so that an escaped
// backslash before "u0000" is not mistaken for one.
void replace_json_nul(std::string& json) {
  constexpr std::string_view nul = "\\u0000";
  if (json.find(nul) == std::string::npos)
    return;
  for (std::size_t i = 0; i + 1 < json.size(); ++i) {
    if (json[i] != '\\')
      continue;
    if (json.compare(i, nul.size(), nul) == 0)
      json.replace(i + 2, 4, "fffd");
    ++i;
  }
}

[[nodiscard]] std::string to_text(const boost::json::value& value) {
  auto json = boost::json::serialize(value);
  replace_json_nul(json);
  return json;
}

} // namespace

std::string sql_text(std::string_view text, std::size_t max_size) {
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  if (text.size() > max_size) {
    while (max_size > 0 && continues(max_size))
      --max_size;
    text = text.substr(0, max_size);
  }
  // In one pass: a record may consist of NULs only.
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const auto nul = text.find('\0');
    out += text.substr(0, nul);
    if (nul == std::string_view::npos)
      return out;
    out += replacement;
    text.remove_prefix(nul + 1);
  }
}

std::string sql_array(const std::vector<std::string>& items) {
  std::string out{"{"};
  for (const auto& item : items) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (const char c : sql_text(item)) {
      if (c == '"' || c == '\\')
        out += '\\';
      out += c;
    }
    out += '"';
  }
  out += '}';
  return out;
}

std::string sql_json(const atproto::cbor_node& node) {
  return to_text(atproto::to_json(node));
}

std::string
sql_json_object(const std::vector<std::pair<std::string_view, atproto::cbor_node>>& pairs) {
  boost::json::object object;
  for (const auto& [key, node] : pairs)
    object.emplace(key, atproto::to_json(node));
  return to_text(object);
}

std::optional<std::string> sql_ids(const std::vector<std::int64_t>& ids) {
  if (ids.empty())
    return std::nullopt;
  return fmt::format("{{{}}}", fmt::join(ids, ","));
}

} // namespace prism::db
