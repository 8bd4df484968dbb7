#include "atproto/identity/did_document.hpp"

#include "atproto/identity/identity_text.hpp"
#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/syntax_chars.hpp"

#include <algorithm>

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

// -- shape -------------------------------------------------------------------------------------
// As the reference checks a document before it looks at it. Unknown members are ignored.

const json::value* find(const json::object& object, std::string_view name) {
  return object.if_contains(json::string_view{name.data(), name.size()});
}

template <class Predicate>
bool is_absent_or(const json::object& object, std::string_view name, Predicate is_good) {
  const auto* value = find(object, name);
  return value == nullptr || is_good(*value);
}

template <class Predicate>
bool is_list_of(const json::value& value, Predicate is_good) {
  const auto* list = value.if_array();
  return list != nullptr && std::ranges::all_of(*list, is_good);
}

bool is_text(const json::value& value) {
  return value.is_string();
}

bool has_texts(const json::object& object, std::initializer_list<std::string_view> names) {
  return std::ranges::all_of(names, [&](std::string_view name) {
    const auto* value = find(object, name);
    return value != nullptr && value->is_string();
  });
}

bool is_method(const json::value& value) {
  const auto* object = value.if_object();
  return object != nullptr && has_texts(*object, {"id", "type", "controller"}) &&
         is_absent_or(*object, "publicKeyMultibase", is_text) &&
         is_absent_or(*object, "publicKeyJwk", [](const auto& key) { return key.is_object(); });
}

bool is_service(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr || !has_texts(*object, {"id", "type"}))
    return false;
  const auto* endpoint = find(*object, "serviceEndpoint");
  return endpoint != nullptr && (endpoint->is_string() || endpoint->is_object());
}

bool is_context(const json::value& value) {
  const auto is_url = [](const json::value& each) {
    return boost::urls::parse_uri(text_of(&each)).has_value();
  };
  return text_of(&value) == "https://www.w3.org/ns/did/v1" || is_list_of(value, is_url);
}

bool is_well_formed(const json::object& document) {
  return is_absent_or(document, "@context", is_context) &&
         is_absent_or(document, "alsoKnownAs",
                      [](const auto& list) { return is_list_of(list, is_text); }) &&
         is_absent_or(document, "verificationMethod",
                      [](const auto& list) { return is_list_of(list, is_method); }) &&
         is_absent_or(document, "authentication",
                      [](const auto& list) {
                        return is_list_of(list, [](const auto& each) {
                          return is_text(each) || is_method(each);
                        });
                      }) &&
         is_absent_or(document, "service",
                      [](const auto& list) { return is_list_of(list, is_service); });
}

// -- parts -------------------------------------------------------------------------------------

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
    if (!alias.starts_with(scheme))
      continue;
    std::string handle{alias.substr(scheme.size())};
    if (!is_valid_handle(handle))
      return std::nullopt;
    std::ranges::transform(handle, handle.begin(), detail::to_lower);
    return handle;
  }
  return std::nullopt;
}

// Browsers' rules, by which the reference reads it, take more than those of RFC 3986. What we
// cannot use fails when it is used; a document that names such a host is not one without a host.
bool is_http_url(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (text.starts_with(scheme))
      return text.size() > scheme.size() &&
             std::string_view{"/?#:"}.find(text[scheme.size()]) == std::string_view::npos;
  return false;
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
}

} // namespace

expected<did_document> did_document::parse(std::string_view text) {
  if (text.size() > max_size)
    return fail(errc::limit, "did document: {} bytes, at most {}", text.size(), max_size);
  boost::system::error_code error;
  const auto readable = readable_json(text);
  json::parse_options options;
  options.max_depth = 256;
  const auto value =
      json::parse(json::string_view{readable.data(), readable.size()}, error, {}, options);
  if (error)
    return fail(errc::invalid, "did document: {}", error.message());
  const auto* document = value.if_object();
  if (document == nullptr)
    return fail(errc::invalid, "did document: not a JSON object");
  if (!is_well_formed(*document))
    return fail(errc::invalid, "did document: a member of it is not of its type");
  did_document result;
  result.did = member(*document, "id");
  if (!is_valid_did(result.did))
    return fail(errc::invalid, "did document: 'id' is not a DID");
  result.handle = find_handle(*document);
  result.pds = find_pds(*document, result.did);
  read_signing_key(*document, result);
  result.published = read_published_identity(*document);
  return result;
}

} // namespace prism::atproto
