#include "atproto/identity/published_identity.hpp"

#include <boost/json.hpp>
#include <string_view>

namespace prism::atproto {
namespace {

namespace json = boost::json;

const json::array& list(const json::object& object, const char* name) {
  static const json::array empty;
  const auto* value = object.if_contains(name);
  const auto* array = value != nullptr ? value->if_array() : nullptr;
  return array != nullptr ? *array : empty;
}

std::string_view text(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  const auto* found = value != nullptr ? value->if_string() : nullptr;
  return found != nullptr ? std::string_view{found->data(), found->size()} : std::string_view{};
}

json::string_view to_json(std::string_view text) {
  return {text.data(), text.size()};
}

/// Of "did:…#name", "#name" and "#name#more": "name".
std::string_view name_of(std::string_view id) {
  const auto begin = id.find('#');
  if (begin == std::string_view::npos)
    return {};
  const auto name = id.substr(begin + 1);
  return name.substr(0, name.find('#'));
}

/// Entries by name, up to the bounds.
class entries {
public:
  void add(std::string_view id, std::string_view type, const char* content_name,
           std::string_view content) {
    const auto name = name_of(id);
    if (name.empty())
      return;
    json::object entry{{"Type", to_json(type)}, {content_name, to_json(content)}};
    const auto bytes =
        json::serialize(entry).size() + json::serialize(json::value(to_json(name))).size() + 2;
    const bool more = by_name_.if_contains(to_json(name)) == nullptr;
    if ((more && by_name_.size() == published_identity::max_entries) ||
        bytes > published_identity::max_json - bytes_) {
      ++left_out_;
      return;
    }
    bytes_ += bytes;
    by_name_[to_json(name)] = std::move(entry);
  }

  [[nodiscard]] std::string text() const { return json::serialize(by_name_); }
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

private:
  json::object by_name_;
  std::size_t bytes_{2}; // the braces
  std::size_t left_out_{0};
};

void read_handle(const json::object& document, published_identity& out) {
  constexpr std::string_view scheme = "at://";
  for (const auto& value : list(document, "alsoKnownAs")) {
    const auto* found = value.if_string();
    std::string_view alias;
    if (found != nullptr)
      alias = {found->data(), found->size()};
    if (!alias.starts_with(scheme))
      continue;
    alias.remove_prefix(scheme.size());
    if (alias.size() > published_identity::max_handle || alias.find('\0') != alias.npos)
      ++out.left_out;
    else
      out.handle = alias;
    return;
  }
}

} // namespace

published_identity read_published_identity(const json::object& document) {
  published_identity out{.exists = true};
  read_handle(document, out);
  entries keys;
  for (const auto& value : list(document, "verificationMethod"))
    if (const auto* method = value.if_object())
      keys.add(text(*method, "id"), text(*method, "type"), "PublicKeyMultibase",
               text(*method, "publicKeyMultibase"));
  entries services;
  for (const auto& value : list(document, "service"))
    if (const auto* service = value.if_object(); service != nullptr) {
      const auto* endpoint = service->if_contains("serviceEndpoint");
      if (endpoint != nullptr && endpoint->is_string())
        services.add(text(*service, "id"), text(*service, "type"), "URL",
                     text(*service, "serviceEndpoint"));
    }
  out.keys = keys.text();
  out.services = services.text();
  out.left_out += keys.left_out() + services.left_out();
  return out;
}

} // namespace prism::atproto
