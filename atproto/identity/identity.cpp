#include "atproto/identity/identity.hpp"

#include "atproto/identity/identity_text.hpp"
#include "atproto/syntax/syntax.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace prism::atproto {

namespace {

namespace json = boost::json;

constexpr std::string_view plc = "did:plc:";
constexpr std::string_view web = "did:web:";
constexpr std::size_t plc_identifier_length = 24;

bool is_base32(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

std::string_view without_trailing_slash(std::string_view url) noexcept {
  if (url.ends_with('/'))
    url.remove_suffix(1);
  return url;
}

// "localhost" or "localhost%3A" and a port.
bool is_local(std::string_view host) noexcept {
  constexpr std::string_view name = "localhost";
  constexpr std::string_view colon = "%3A";
  if (!host.starts_with(name))
    return false;
  host.remove_prefix(name.size());
  if (host.empty())
    return true;
  if (!host.starts_with(colon))
    return false;
  host.remove_prefix(colon.size());
  return !host.empty() && host.size() <= 5 &&
         std::ranges::all_of(host, [](char c) { return c >= '0' && c <= '9'; });
}

std::string text_member(std::string_view text, const char* name) {
  boost::system::error_code broken;
  const auto readable = readable_json(text);
  const auto value = json::parse(json::string_view{readable.data(), readable.size()}, broken);
  const auto* object = broken ? nullptr : value.if_object();
  const auto* member = object != nullptr ? object->if_contains(name) : nullptr;
  const auto* found = member != nullptr ? member->if_string() : nullptr;
  return found != nullptr ? std::string{found->data(), found->size()} : std::string{};
}

} // namespace

expected<std::string> did_document_url(std::string_view did, std::string_view plc_url, bool local) {
  if (did.starts_with(plc)) {
    const auto identifier = did.substr(plc.size());
    if (identifier.size() != plc_identifier_length || !std::ranges::all_of(identifier, is_base32))
      return fail(errc::invalid, "'{}' is not a did:plc", did);
    return fmt::format("{}/{}", without_trailing_slash(plc_url), did);
  }
  if (did.starts_with(web)) {
    const auto host = did.substr(web.size());
    if (is_valid_handle(host))
      return fmt::format("https://{}/.well-known/did.json", host);
    if (local && is_local(host)) {
      const auto port = host.find('%');
      return fmt::format("http://localhost{}{}/.well-known/did.json",
                         port == std::string_view::npos ? "" : ":",
                         port == std::string_view::npos ? "" : host.substr(port + 3));
    }
    return fail(errc::invalid, "'{}' is not a did:web of a host name", did);
  }
  return fail(errc::invalid, "'{}' has a DID method that atproto does not support", did);
}

std::string handle_dns_name(std::string_view handle) {
  return fmt::format("_atproto.{}", handle);
}

handle_records read_handle_records(std::span<const std::string> records) {
  static constexpr std::string_view mark = "did=";
  const auto is_marked = [](std::string_view record) { return record.starts_with(mark); };
  const auto found = std::ranges::find_if(records, is_marked);
  if (std::ranges::count_if(records, is_marked) != 1 || found->size() == mark.size())
    return {};
  const auto did = std::string_view{*found}.substr(mark.size());
  if (!is_valid_did(did))
    return {.did = std::nullopt, .names_no_did = true};
  return {.did = std::string{did}, .names_no_did = false};
}

std::string handle_well_known_url(std::string_view handle) {
  return fmt::format("https://{}/.well-known/atproto-did", handle);
}

std::optional<std::string> read_well_known_did(std::string_view body) {
  const auto line = trimmed(body.substr(0, body.find('\n')));
  return is_valid_did(line) ? std::optional<std::string>{line} : std::nullopt;
}

std::optional<std::string> read_resolved_did(std::string_view json) {
  auto did = text_member(json, "did");
  return is_valid_did(did) ? std::optional{std::move(did)} : std::nullopt;
}

std::string read_xrpc_error(std::string_view json) {
  return text_member(json, "error");
}

} // namespace prism::atproto
