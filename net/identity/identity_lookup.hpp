#pragma once

#include "atproto/identity/did_document.hpp"
#include "core/clock.hpp"
#include "core/lru_cache.hpp"
#include "net/http/http_client.hpp"
#include "net/identity/identity_resolver.hpp"

#include <boost/asio/awaitable.hpp>
#include <optional>

namespace prism::net {

/// The lookups and caches of an `identity_resolver`. Runs on its thread; internal to net/.
class identity_lookup {
public:
  /// All references must outlive it.
  identity_lookup(const identity_options& options, http_client& http, dns_resolver& dns);

  [[nodiscard]] boost::asio::awaitable<handle_answer> check_handle(std::string did,
                                                                   bool bypass_cache);
  [[nodiscard]] boost::asio::awaitable<hosting_answer> check_hosting(std::string did);
  [[nodiscard]] boost::asio::awaitable<document_answer> find_document(std::string did);

  [[nodiscard]] identity_stats stats() const;

private:
  using document_ptr = std::shared_ptr<const atproto::did_document>;
  /// The DID to which a handle resolves; empty: none, for certain.
  using pointer = std::optional<std::string>;
  template <class T>
  struct dated {
    T value;
    time_point since;
  };

  /// @param published set if the document was fetched: what `published_of` says.
  boost::asio::awaitable<expected<document_ptr>> document(std::string did, bool bypass_cache,
                                                          published_ptr& published);
  /// @param believe_dns that a did:web has no document if its domain has no address now
  boost::asio::awaitable<expected<atproto::did_document>> fetch_document(const std::string& did,
                                                                         bool believe_dns);
  boost::asio::awaitable<handle_answer>
  check_claimed(const std::string& did, const atproto::did_document& of, bool bypass_cache);
  boost::asio::awaitable<expected<pointer>> resolve(std::string handle, bool bypass_cache);
  boost::asio::awaitable<expected<pointer>> resolve_by_dns(const std::string& handle);
  boost::asio::awaitable<expected<pointer>> resolve_by_https(const std::string& handle);
  boost::asio::awaitable<expected<pointer>> resolve_by_override(const std::string& handle);

  const identity_options& options_;
  http_client& http_;
  dns_resolver& dns_;
  lru_cache<std::string, dated<document_ptr>> documents_; // by DID
  lru_cache<std::string, dated<std::string>> handles_;    // DID by handle
};

} // namespace prism::net
