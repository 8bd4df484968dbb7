#include "pg_messages.hpp"

#include <algorithm>
#include <boost/endian/conversion.hpp>

namespace prism::proxy {

namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gss_request = 80877104;
constexpr std::uint32_t cancel_request = 80877102;

[[nodiscard]] std::uint32_t number_at(const char* where) noexcept {
  return boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(where));
}

[[nodiscard]] std::uint32_t request_code(std::string_view body) noexcept {
  return body.size() < length_bytes ? 0 : number_at(body.data());
}

/// Removes a zero-terminated text from the front.
[[nodiscard]] std::string_view take_text(std::string_view& from) {
  const auto end = std::min(from.find('\0'), from.size());
  const auto text = from.substr(0, end);
  from.remove_prefix(std::min(end + 1, from.size()));
  return text;
}

[[nodiscard]] bool is_commit_text(std::string_view sql) {
  constexpr std::string_view around = " \t\r\n;";
  constexpr std::string_view word = "commit";
  sql.remove_prefix(std::min(sql.find_first_not_of(around), sql.size()));
  sql = sql.substr(0, sql.find_last_not_of(around) + 1);
  return std::ranges::equal(sql, word, {}, [](char c) { return static_cast<char>(c | 0x20); });
}

void set_member(std::set<std::string, std::less<>>& of, std::string_view name, bool member) {
  if (member)
    of.emplace(name);
  else if (const auto found = of.find(name); found != of.end())
    of.erase(found);
}

} // namespace

void message_reader::append(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
}

expected<std::optional<pg_message>> message_reader::next() {
  const std::size_t type_bytes = untyped_ ? 0 : 1;
  const std::string_view rest = std::string_view{buffer_}.substr(at_);
  if (rest.size() < type_bytes + length_bytes)
    return std::nullopt;
  const std::size_t length = number_at(rest.data() + type_bytes);
  if (length < length_bytes || length > max_message)
    return fail(errc::invalid, "a message of {} bytes cannot be PostgreSQL's protocol", length);
  if (rest.size() < type_bytes + length)
    return std::nullopt;
  at_ += type_bytes + length;
  pg_message found;
  found.type = untyped_ ? '\0' : rest.front();
  found.whole = rest.substr(0, type_bytes + length);
  found.body = found.whole.substr(type_bytes + length_bytes);
  // A request for encryption is declined; the startup message follows it.
  if (untyped_ && !asks_for_encryption(found) && request_code(found.body) != cancel_request)
    untyped_ = false;
  return found;
}

bool asks_for_encryption(const pg_message& message) noexcept {
  const auto code = request_code(message.body);
  return message.type == '\0' && (code == ssl_request || code == gss_request);
}

bool commit_spotter::is_commit(const pg_message& message) {
  auto rest = message.body;
  switch (message.type) {
  case 'Q':
    return is_commit_text(take_text(rest));
  case 'P': {
    const auto name = take_text(rest);
    set_member(statements_, name, is_commit_text(take_text(rest)));
    return false;
  }
  case 'B': {
    const auto portal = take_text(rest);
    set_member(portals_, portal, statements_.contains(take_text(rest)));
    return false;
  }
  case 'C': {
    if (rest.empty())
      return false;
    const char what = rest.front();
    rest.remove_prefix(1);
    set_member(what == 'S' ? statements_ : portals_, take_text(rest), false);
    return false;
  }
  case 'E':
    return portals_.contains(take_text(rest));
  default:
    return false;
  }
}

} // namespace prism::proxy
