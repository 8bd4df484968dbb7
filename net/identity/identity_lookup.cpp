#include "net/identity/identity_lookup.hpp"

#include "atproto/identity/identity.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
using atproto::did_document;

namespace {

constexpr std::size_t max_small_answer = 8'192;
// The reference's limit. Servers that know no such file answer with pages.
constexpr std::size_t max_well_known = std::size_t{512} << 10U;
// For the well-known file; DID documents are not redirected (DID spec and reference
// implementation).
constexpr unsigned max_handle_redirects = 5;

[[nodiscard]] bool is_success(unsigned status) noexcept {
  return status >= 200 && status < 300;
}

// Statuses that state that the resource does not exist.
[[nodiscard]] bool is_absent(unsigned status) noexcept {
  return status == 404 || status == 410;
}

// Errors that a retry would not change.
[[nodiscard]] bool is_certain(errc code) noexcept {
  return code == errc::not_found || code == errc::invalid || code == errc::limit;
}

// For a query: of a DID's characters only '%' has to be encoded.
[[nodiscard]] std::string percent_encoded(std::string_view did) {
  return boost::urls::encode(did, boost::urls::unreserved_chars + ':');
}

[[nodiscard]] std::string xrpc_url(std::string_view server, std::string_view query) {
  if (server.ends_with('/'))
    server.remove_suffix(1);
  return fmt::format("{}/xrpc/{}", server, query);
}

[[nodiscard]] handle_answer not_confirmed(const error& why) {
  using status = handle_answer::handle_status;
  const auto what = is_certain(why.code)          ? status::refuted
                    : why.code == errc::transient ? status::held_back
                                                  : status::unknown;
  return {what, {}, why.message};
}

[[nodiscard]] hosting_answer not_known(const error& why) {
  using status = hosting_answer::hosting_status;
  return {why.code == errc::transient ? status::held_back : status::unknown, why.message};
}

/// Takes what a fetched document publishes out of it; null if it is unknown whether there is one.
[[nodiscard]] published_ptr take_published(expected<did_document>& fetched) {
  if (fetched)
    return std::make_shared<const atproto::published_identity>(
        std::exchange(fetched->published, {}));
  const auto code = fetched.error().code;
  if (code == errc::not_found || code == errc::invalid)
    return std::make_shared<const atproto::published_identity>();
  return nullptr;
}

template <class Cache>
[[nodiscard]] identity_stats::cache numbers_of(const Cache& cache) {
  return {cache.hits(), cache.misses(), cache.evictions(), cache.size()};
}

} // namespace

identity_lookup::identity_lookup(const identity_options& options, http_client& http,
                                 dns_resolver& dns)
    : options_(options), http_(http), dns_(dns), documents_(options.cached_documents),
      handles_(options.cached_handles) {}

asio::awaitable<handle_answer> identity_lookup::check_handle(std::string did, bool bypass_cache) {
  published_ptr published;
  const auto found = co_await document(did, bypass_cache, published);
  auto answer = handle_answer{};
  if (found)
    answer = co_await check_claimed(did, **found, bypass_cache);
  else
    answer = not_confirmed(found.error());
  answer.document = std::move(published);
  co_return answer;
}

asio::awaitable<handle_answer>
identity_lookup::check_claimed(const std::string& did, const did_document& of, bool bypass_cache) {
  const auto& claimed = of.handle;
  if (!claimed)
    co_return handle_answer{
        handle_answer::handle_status::refuted, {}, "its DID document has no handle"};
  const auto points_to = co_await resolve(*claimed, bypass_cache);
  if (!points_to)
    co_return not_confirmed(points_to.error());
  if (*points_to != did)
    co_return handle_answer{
        handle_answer::handle_status::refuted,
        {},
        fmt::format("{} resolves to {}", *claimed, points_to->value_or("no DID"))};
  co_return handle_answer{handle_answer::handle_status::confirmed, *claimed, {}};
}

asio::awaitable<hosting_answer> identity_lookup::check_hosting(std::string did) {
  using status = hosting_answer::hosting_status;
  published_ptr unused;
  const auto found = co_await document(did, true, unused);
  if (!found && found.error().code == errc::not_found)
    co_return hosting_answer{status::gone, found.error().message};
  if (!found)
    co_return not_known(found.error());
  const auto& pds = (*found)->pds;
  if (!pds)
    co_return hosting_answer{status::gone, "its DID document has no PDS"};
  http_fetch request;
  request.url = xrpc_url(*pds, "com.atproto.sync.getLatestCommit?did=" + percent_encoded(did));
  request.max_bytes = max_small_answer;
  const auto answer = co_await http_.get(std::move(request));
  if (!answer)
    co_return not_known(answer.error());
  if (is_success(answer->status))
    co_return hosting_answer{status::hosted, "its PDS has the repo"};
  const auto problem = atproto::read_xrpc_error(answer->body);
  if (problem == "RepoNotFound")
    co_return hosting_answer{status::gone, "its PDS has no such repo"};
  if (problem == "RepoTakendown" || problem == "RepoDeactivated" || problem == "RepoSuspended")
    co_return hosting_answer{status::hosted, "its PDS reports " + problem};
  co_return hosting_answer{status::unknown,
                           fmt::format("its PDS responds with HTTP status {}", answer->status)};
}

// -- documents -------------------------------------------------------------------------------

asio::awaitable<document_answer> identity_lookup::find_document(std::string did) {
  auto found = co_await fetch_document(did, true);
  document_answer out;
  if (!found) {
    out.why = found.error().message;
    out.held_back = found.error().code == errc::transient;
  }
  out.document = take_published(found);
  co_return out;
}

asio::awaitable<expected<identity_lookup::document_ptr>>
identity_lookup::document(std::string did, bool bypass_cache, published_ptr& published) {
  if (bypass_cache)
    documents_.erase(did);
  else if (const auto* known = documents_.find(did);
           known != nullptr && steady_clock::now() - known->since < options_.cache_ttl)
    co_return known->value;
  auto found = co_await fetch_document(did, false);
  published = take_published(found); // so the cache holds no more than it needs
  if (!found) {
    if (is_certain(found.error().code))
      documents_.erase(did);
    co_return tl::unexpected(found.error());
  }
  const auto kept = std::make_shared<const did_document>(std::move(*found));
  static_cast<void>(documents_.put(did, {kept, steady_clock::now()}));
  co_return kept;
}

asio::awaitable<expected<did_document>> identity_lookup::fetch_document(const std::string& did,
                                                                        bool believe_dns) {
  auto url = atproto::did_document_url(did, options_.plc_url, options_.allow_private);
  if (!url)
    co_return tl::unexpected(url.error());
  http_fetch request;
  request.url = std::move(*url);
  request.max_bytes = did_document::max_size;
  const bool trusted = did.starts_with("did:plc:");
  request.trusted = trusted;
  const auto answer = co_await http_.get(std::move(request));
  // A domain without an address may be temporarily broken, and an oversized response may come from
  // a proxy: neither proves that there is no document.
  const bool doubtful =
      !answer && (answer.error().code == errc::limit ||
                  (answer.error().code == errc::not_found && !(believe_dns && !trusted)));
  if (doubtful)
    co_return fail(errc::io, "{}", answer.error().message);
  if (!answer)
    co_return tl::unexpected(answer.error());
  if (is_absent(answer->status))
    co_return fail(errc::not_found, "{} has no DID document (HTTP status {})", did, answer->status);
  if (!is_success(answer->status))
    co_return fail(errc::io, "DID document of {}: HTTP status {}", did, answer->status);
  auto parsed = did_document::parse(answer->body);
  if (!parsed)
    co_return fail(errc::io, "{}", parsed.error().message);
  if (parsed->did != did)
    co_return fail(errc::invalid, "DID document of {} has id {}", did, parsed->did);
  co_return std::move(*parsed);
}

// -- handles ---------------------------------------------------------------------------------

asio::awaitable<expected<identity_lookup::pointer>> identity_lookup::resolve(std::string handle,
                                                                             bool bypass_cache) {
  if (bypass_cache)
    handles_.erase(handle);
  else if (const auto* known = handles_.find(handle);
           known != nullptr && steady_clock::now() - known->since < options_.cache_ttl)
    co_return pointer{known->value};
  // Not as one expression: g++ 12 destroys the halves of a conditional co_await twice.
  expected<pointer> found;
  if (options_.handle_resolver_url.empty())
    found = co_await resolve_by_dns(handle);
  else
    found = co_await resolve_by_override(handle);
  if (found && *found)
    static_cast<void>(handles_.put(handle, {**found, steady_clock::now()}));
  else if (found)
    handles_.erase(handle);
  co_return found;
}

// DNS first, then https if DNS has no record: DNS takes precedence (handle spec).
asio::awaitable<expected<identity_lookup::pointer>>
identity_lookup::resolve_by_dns(const std::string& handle) {
  const auto records = co_await dns_.txt(atproto::handle_dns_name(handle));
  const bool dns_answered = records || is_certain(records.error().code);
  if (records) {
    auto said = atproto::read_handle_records(*records);
    if (said.did || said.names_no_did)
      co_return std::move(said.did);
  }
  auto by_web = co_await resolve_by_https(handle);
  // Without an answer from DNS, a negative answer of the web server is not conclusive.
  if (!dns_answered && by_web && !*by_web)
    co_return tl::unexpected(records.error());
  co_return by_web;
}

asio::awaitable<expected<identity_lookup::pointer>>
identity_lookup::resolve_by_https(const std::string& handle) {
  http_fetch request;
  request.url = atproto::handle_well_known_url(handle);
  request.max_bytes = max_well_known;
  request.max_redirects = max_handle_redirects;
  const auto answer = co_await http_.get(std::move(request));
  if (!answer && is_certain(answer.error().code))
    co_return pointer{};
  if (!answer)
    co_return tl::unexpected(answer.error());
  // Whatever the status is: where the reference looks, only the text counts.
  co_return atproto::read_well_known_did(answer->body);
}

asio::awaitable<expected<identity_lookup::pointer>>
identity_lookup::resolve_by_override(const std::string& handle) {
  http_fetch request;
  request.url =
      xrpc_url(options_.handle_resolver_url, "com.atproto.identity.resolveHandle?handle=" + handle);
  request.max_bytes = max_small_answer;
  request.trusted = true;
  const auto answer = co_await http_.get(std::move(request));
  if (!answer)
    co_return tl::unexpected(answer.error());
  co_return is_success(answer->status) ? atproto::read_resolved_did(answer->body) : pointer{};
}

identity_stats identity_lookup::stats() const {
  const auto& http = http_.stats();
  return {.documents = numbers_of(documents_),
          .handles = numbers_of(handles_),
          .answered = http.answered,
          .failed = http.failed,
          .timed_out = http.timed_out,
          .refused = http.refused,
          .held_back = http.held_back,
          .hosts = http_.limiter().size(),
          .open_circuits = http_.open_circuits()};
}

} // namespace prism::net
