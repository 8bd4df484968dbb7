#pragma once

#include "core/hash.hpp"
#include "core/two_way_cache.hpp"
#include "db/batch/refs.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::reads {

/// A row of `users`.
struct known_account {
  std::int64_t id{0};
  std::string did;
};

/// A row of `uris`. Repo 0 has no DID, and `rkey` is then the whole text.
struct known_uri {
  std::int64_t id{0};
  std::int64_t repo_id{0};
  atproto::collection kind{atproto::collection::other};
  std::string rkey;
};

/// Which id stands for which DID (`users`) and for which at-uri (`uris`), as sessions of one
/// database server have read it. Ids and names in these tables are never changed nor deleted, so
/// what was read stays true as long as the server runs: `server_ids` gives each session the right
/// cache. Thread-safe.
class id_cache {
public:
  /// Some 25 MB if all names are of usual size, 50 MB if they are as long as strangers can make
  /// them.
  static constexpr std::size_t default_accounts = 65'536;
  static constexpr std::size_t default_uris = 131'072;
  /// Longer DIDs and rkeys, which only strangers' inventions have, are not kept.
  static constexpr std::size_t max_name = 128;

  /// @param accounts, uris most of each; 0: none are kept
  explicit id_cache(std::size_t accounts = default_accounts, std::size_t uris = default_uris)
      : accounts_(accounts), uris_(uris) {}

  /// The id of each name; 0 where it is not known.
  [[nodiscard]] std::vector<std::int64_t> ids_of(std::span<const std::string_view> dids);
  [[nodiscard]] std::vector<std::int64_t> ids_of(std::span<const db::uri_parts> uris);

  /// The text for each id; empty where it is not known.
  [[nodiscard]] std::vector<std::string> dids_of(std::span<const std::int64_t> users);
  [[nodiscard]] std::vector<std::string> uris_of(std::span<const std::int64_t> uris);

  void put(std::vector<known_account> accounts);
  void put(std::vector<known_uri> uris);

  /// Of one of the two tables.
  struct figures {
    std::size_t entries{0};
    std::uint64_t hits{0};
    std::uint64_t misses{0};
    std::uint64_t evictions{0};
  };
  [[nodiscard]] figures accounts() const;
  [[nodiscard]] figures uris() const;

private:
  struct uri_name {
    std::int64_t repo_id;
    atproto::collection kind;
    std::string rkey;
  };
  struct uri_view {
    std::int64_t repo_id;
    atproto::collection kind;
    std::string_view rkey;
  };
  struct uri_hash {
    template <class Uri>
    [[nodiscard]] std::size_t operator()(const Uri& of) const noexcept {
      const auto start = fnv1a(fnv1a_basis, static_cast<std::uint64_t>(of.repo_id));
      return fnv1a(fnv1a(start, static_cast<std::uint64_t>(of.kind)), string_hash{}(of.rkey));
    }
  };
  struct uri_equal {
    template <class A, class B>
    [[nodiscard]] bool operator()(const A& a, const B& b) const noexcept {
      return a.repo_id == b.repo_id && a.kind == b.kind && a.rkey == b.rkey;
    }
  };

  [[nodiscard]] std::int64_t id_of(const db::uri_parts& uri);
  [[nodiscard]] std::string uri_of(std::int64_t id);

  mutable std::mutex mutex_;
  two_way_cache<std::string, string_hash, std::equal_to<>> accounts_;
  two_way_cache<uri_name, uri_hash, uri_equal> uris_;
};

} // namespace prism::reads
