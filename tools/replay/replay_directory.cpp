#include "tools/replay/replay_directory.hpp"

#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace prism::net {

namespace {

namespace json = boost::json;

// Placeholder for this server's address in the documents, replaced per request.
constexpr std::string_view own_address = "http://own.address.invalid";

// An empty object if there is no such file.
expected<json::object> read_object(const std::string& path) {
  if (!std::filesystem::exists(path))
    return json::object{};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    return fail(errc::io, "'{}' cannot be read", path);
  boost::system::error_code broken;
  auto value = json::parse(text.str(), broken);
  if (broken || !value.is_object())
    return fail(errc::invalid, "'{}' is not a JSON object", path);
  return std::move(value.as_object());
}

void lead_here(json::value& document) {
  auto* object = document.if_object();
  auto* services = object != nullptr ? object->if_contains("service") : nullptr;
  if (services == nullptr || !services->is_array())
    return;
  for (auto& each : services->as_array())
    if (auto* service = each.if_object())
      (*service)["serviceEndpoint"] = json::string_view{own_address.data(), own_address.size()};
}

http_response in_json(unsigned status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

std::string parameter(const boost::urls::url_view& url, std::string_view name) {
  const auto params = url.params();
  const auto found = params.find(name);
  return found == params.end() ? std::string{} : std::string((*found).value);
}

} // namespace

expected<std::shared_ptr<const replay_directory>> replay_directory::load(const std::string& base) {
  auto out = std::make_shared<replay_directory>();
  auto documents = read_object(base + ".dids.json");
  auto handles = read_object(base + ".handles.json");
  auto hosted = read_object(base + ".hosting.json");
  for (const auto* each : {&documents, &handles, &hosted})
    if (!*each)
      return tl::unexpected((*each).error());
  if (documents->empty() && handles->empty() && hosted->empty())
    return std::shared_ptr<const replay_directory>{};
  for (auto& entry : *documents) {
    lead_here(entry.value());
    out->documents_.emplace(entry.key(), json::serialize(entry.value()));
  }
  for (const auto& entry : *handles)
    if (const auto* did = entry.value().if_string())
      out->handles_.emplace(entry.key(), std::string(did->data(), did->size()));
  for (const auto& entry : *hosted) {
    const auto* object = entry.value().if_object();
    const bool failed = object != nullptr && object->contains("error");
    out->hosting_.emplace(entry.key(),
                          hosting{failed ? 400U : 200U, json::serialize(entry.value())});
  }
  return out;
}

std::optional<http_response> replay_directory::answer(std::string_view host,
                                                      std::string_view target) const {
  const auto url = boost::urls::parse_origin_form(target);
  if (url.has_error())
    return std::nullopt;
  const std::string path(url->path());
  if (path.starts_with("/did:")) {
    const auto found = documents_.find(path.substr(1));
    if (found == documents_.end())
      return in_json(404, R"({"message":"DID not registered"})");
    auto body = found->second;
    // Boost's serializer writes slashes as they are.
    for (auto at = body.find(own_address); at != std::string::npos; at = body.find(own_address))
      body.replace(at, own_address.size(), fmt::format("http://{}", host));
    return in_json(200, std::move(body));
  }
  if (path == "/.well-known/atproto-did") {
    const auto found = handles_.find(std::string(host.substr(0, host.find(':'))));
    return found == handles_.end() ? http_response{.status = 404, .body = "no such handle\n"}
                                   : http_response{.body = found->second};
  }
  if (path == "/xrpc/com.atproto.identity.resolveHandle") {
    const auto found = handles_.find(parameter(*url, "handle"));
    return found == handles_.end()
               ? in_json(400, R"({"error":"HandleNotFound","message":"Unable to resolve handle"})")
               : in_json(200, fmt::format(R"({{"did":"{}"}})", found->second));
  }
  if (path == "/xrpc/com.atproto.sync.getLatestCommit") {
    const auto found = hosting_.find(parameter(*url, "did"));
    return found == hosting_.end() ? in_json(400, R"({"error":"RepoNotFound","message":""})")
                                   : in_json(found->second.status, found->second.body);
  }
  return std::nullopt;
}

} // namespace prism::net
