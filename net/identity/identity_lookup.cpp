#include "net/identity/identity_lookup.hpp"

#include "atproto/identity/identity.hpp"

namespace prism::net {

namespace asio = boost::asio;
using atproto::did_document;

namespace {

constexpr std::size_t max_small_answer = 8'192;
// Of the well-known file; DID documents are not redirected at all (DID spec, as the reference).
constexpr unsigned max_handle_redirects = 5;

[[nodiscard]] bool is_success(unsigned status) noexcept {
  return status >= 200 && status < 300;
}

// Answers that say "there is no such thing", and mean it.
[[nodiscard]] bool is_absent(unsigned status) noexcept {
  return status == 404 || status == 410;
}

// Errors that asking again would not mend: what was asked for is not what it should be.
[[nodiscard]] bool is_certain(errc code) noexcept {
  return code == errc::not_found || code == errc::invalid || code == errc::limit;
}

[[nodiscard]] std::string percent_encoded(std::string_view did) {
  std::string out;
  for (const char c : did)
    if (c == '%')
      out += "%25";
    else
      out += c;
  return out;
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
  const auto found = co_await document(did, bypass_cache);
  if (!found)
    co_return not_confirmed(found.error());
  const auto& claimed = (*found)->handle;
  if (!claimed)
    co_return handle_answer{
        handle_answer::handle_status::refuted, {}, "its document names no handle"};
  const auto points_to = co_await resolve(*claimed, bypass_cache);
  if (!points_to)
    co_return not_confirmed(points_to.error());
  if (*points_to != did)
    co_return handle_answer{
        handle_answer::handle_status::refuted,
        {},
        fmt::format("{} points to {}", *claimed, points_to->value_or("no DID"))};
  co_return handle_answer{handle_answer::handle_status::confirmed, *claimed, {}};
}

asio::awaitable<hosting_answer> identity_lookup::check_hosting(std::string did) {
  using status = hosting_answer::hosting_status;
  const auto found = co_await document(did, true);
  if (!found && found.error().code == errc::not_found)
    co_return hosting_answer{status::gone, found.error().message};
  if (!found)
    co_return not_known(found.error());
  const auto& pds = (*found)->pds;
  if (!pds)
    co_return hosting_answer{status::gone, "its document names no PDS"};
  http_fetch ask;
  ask.url = xrpc_url(*pds, "com.atproto.sync.getLatestCommit?did=" + percent_encoded(did));
  ask.max_bytes = max_small_answer;
  const auto answer = co_await http_.get(std::move(ask));
  if (!answer)
    co_return not_known(answer.error());
  if (is_success(answer->status))
    co_return hosting_answer{status::hosted, "its PDS has the repo"};
  const auto problem = atproto::read_xrpc_error(answer->body);
  if (problem == "RepoNotFound")
    co_return hosting_answer{status::gone, "its PDS has no such repo"};
  if (problem == "RepoTakendown" || problem == "RepoDeactivated" || problem == "RepoSuspended")
    co_return hosting_answer{status::hosted, "its PDS says " + problem};
  co_return hosting_answer{status::unknown,
                           fmt::format("its PDS answers with status {}", answer->status)};
}

// -- documents -------------------------------------------------------------------------------

asio::awaitable<expected<identity_lookup::document_ptr>>
identity_lookup::document(std::string did, bool bypass_cache) {
  if (bypass_cache)
    documents_.erase(did);
  else if (const auto* known = documents_.find(did);
           known != nullptr && steady_clock::now() - known->since < options_.cache_ttl)
    co_return known->value;
  auto found = co_await fetch_document(did);
  if (found)
    static_cast<void>(documents_.put(did, {*found, steady_clock::now()}));
  else if (is_certain(found.error().code))
    documents_.erase(did);
  co_return found;
}

asio::awaitable<expected<identity_lookup::document_ptr>>
identity_lookup::fetch_document(const std::string& did) {
  auto url = atproto::did_document_url(did, options_.plc_url, options_.allow_private);
  if (!url)
    co_return tl::unexpected(url.error());
  http_fetch ask;
  ask.url = std::move(*url);
  ask.max_bytes = did_document::max_size;
  ask.trusted = did.starts_with("did:plc:");
  const auto answer = co_await http_.get(std::move(ask));
  // A domain without address may be a domain in trouble: not the same as "no such document". Nor is
  // what is no document at all, such as the page of a proxy or of a directory under repair.
  if (!answer && (answer.error().code == errc::not_found || answer.error().code == errc::limit))
    co_return fail(errc::io, "{}", answer.error().message);
  if (!answer)
    co_return tl::unexpected(answer.error());
  if (is_absent(answer->status))
    co_return fail(errc::not_found, "{} has no document (HTTP status {})", did, answer->status);
  if (!is_success(answer->status))
    co_return fail(errc::io, "the document of {}: HTTP status {}", did, answer->status);
  auto parsed = did_document::parse(answer->body);
  if (!parsed)
    co_return fail(errc::io, "{}", parsed.error().message);
  if (parsed->did != did)
    co_return fail(errc::invalid, "the document of {} is of {}", did, parsed->did);
  co_return std::make_shared<const did_document>(std::move(*parsed));
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
    found = co_await ask_domain(handle);
  else
    found = co_await ask_override(handle);
  if (found && *found)
    static_cast<void>(handles_.put(handle, {**found, steady_clock::now()}));
  else if (found)
    handles_.erase(handle);
  co_return found;
}

// DNS first and, where it says nothing, the web server: what DNS says wins (handle spec).
asio::awaitable<expected<identity_lookup::pointer>>
identity_lookup::ask_domain(const std::string& handle) {
  const auto records = co_await dns_.txt(atproto::handle_dns_name(handle));
  const bool dns_answered = records || is_certain(records.error().code);
  if (records) {
    auto said = atproto::read_handle_records(*records);
    if (said.did || said.contradictory)
      co_return std::move(said.did);
  }
  auto by_web = co_await ask_well_known(handle);
  // That the web server denies it proves nothing while DNS could still affirm it.
  if (!dns_answered && by_web && !*by_web)
    co_return tl::unexpected(records.error());
  co_return by_web;
}

asio::awaitable<expected<identity_lookup::pointer>>
identity_lookup::ask_well_known(const std::string& handle) {
  http_fetch ask;
  ask.url = atproto::handle_well_known_url(handle);
  ask.max_bytes = max_small_answer;
  ask.max_redirects = max_handle_redirects;
  const auto answer = co_await http_.get(std::move(ask));
  if (!answer && is_certain(answer.error().code))
    co_return pointer{};
  if (!answer)
    co_return tl::unexpected(answer.error());
  co_return is_success(answer->status) ? atproto::read_well_known_did(answer->body) : pointer{};
}

asio::awaitable<expected<identity_lookup::pointer>>
identity_lookup::ask_override(const std::string& handle) {
  http_fetch ask;
  ask.url =
      xrpc_url(options_.handle_resolver_url, "com.atproto.identity.resolveHandle?handle=" + handle);
  ask.max_bytes = max_small_answer;
  ask.trusted = true;
  const auto answer = co_await http_.get(std::move(ask));
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
          .hosts = http_.gate().size(),
          .open_circuits = http_.open_circuits()};
}

} // namespace prism::net
