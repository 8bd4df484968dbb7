#include "atproto/identity/did_document.hpp"

#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/syntax_chars.hpp"

#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace prism::atproto {
namespace {

namespace json = boost::json;

// Views of boost::json and the standard library convert to each other only by hand in 1.81.
std::string_view text_of(const json::value* value) {
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string_view{text->data(), text->size()} : std::string_view{};
}

std::string_view member(const json::object& object, std::string_view name) {
  return text_of(object.if_contains(json::string_view{name.data(), name.size()}));
}

const json::array& list(const json::object& object, std::string_view name) {
  static const json::array empty;
  const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
  const auto* array = value != nullptr ? value->if_array() : nullptr;
  return array != nullptr ? *array : empty;
}

// Ids are written in full (`did:…#name`) or relative to the document (`#name`).
bool has_id(const json::object& entry, std::string_view did, std::string_view fragment) {
  auto id = member(entry, "id");
  if (id.starts_with(did))
    id.remove_prefix(did.size());
  return id == fragment;
}

// The first entry of that id, as in the reference implementation: a later one does not replace it,
// even if the first is of no use.
const json::object* find_entry(const json::object& document, std::string_view list_name,
                               std::string_view did, std::string_view fragment) {
  for (const auto& value : list(document, list_name)) {
    const auto* entry = value.if_object();
    if (entry != nullptr && has_id(*entry, did, fragment))
      return entry;
  }
  return nullptr;
}

std::optional<std::string> find_handle(const json::object& document) {
  constexpr std::string_view scheme = "at://";
  for (const auto& value : list(document, "alsoKnownAs")) {
    const auto alias = text_of(&value);
    if (alias.starts_with(scheme) && is_valid_handle(alias.substr(scheme.size()))) {
      std::string handle{alias.substr(scheme.size())};
      std::ranges::transform(handle, handle.begin(), detail::to_lower);
      return handle;
    }
  }
  return std::nullopt;
}

bool is_http_url(std::string_view text) {
  const auto url = boost::urls::parse_absolute_uri(text);
  return url.has_value() && (text.starts_with("https://") || text.starts_with("http://")) &&
         !url->encoded_host().empty();
}

std::optional<std::string> find_pds(const json::object& document, std::string_view did) {
  const auto* service = find_entry(document, "service", did, "#atproto_pds");
  if (service == nullptr || member(*service, "type") != "AtprotoPersonalDataServer")
    return std::nullopt;
  const auto endpoint = member(*service, "serviceEndpoint");
  return is_http_url(endpoint) ? std::optional<std::string>{endpoint} : std::nullopt;
}

void read_signing_key(const json::object& document, did_document& out) {
  const auto* method = find_entry(document, "verificationMethod", out.did, "#atproto");
  if (method == nullptr)
    return;
  auto key = public_key::parse_verification_method(member(*method, "type"),
                                                   member(*method, "publicKeyMultibase"));
  if (key)
    out.signing_key = *key;
  else
    out.signing_key_problem = std::move(key.error().message);
}

} // namespace

expected<did_document> did_document::parse(std::string_view text) {
  if (text.size() > max_size)
    return fail(errc::limit, "did document: {} bytes, at most {}", text.size(), max_size);
  boost::system::error_code error;
  const auto value = json::parse(json::string_view{text.data(), text.size()}, error);
  if (error)
    return fail(errc::invalid, "did document: {}", error.message());
  const auto* document = value.if_object();
  if (document == nullptr)
    return fail(errc::invalid, "did document: not a JSON object");
  did_document result;
  result.did = member(*document, "id");
  if (!is_valid_did(result.did))
    return fail(errc::invalid, "did document: 'id' is not a DID");
  result.handle = find_handle(*document);
  result.pds = find_pds(*document, result.did);
  read_signing_key(*document, result);
  return result;
}

} // namespace prism::atproto
