#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace prism::net {

/// Decides which connections may be in their handshake at once, so that many of one origin that say
/// nothing do not keep out those of another. A newer connection takes the place of an older one: a
/// client that speaks is done long before its place is wanted. A plain value, not thread-safe.
template <class Origin>
class handshake_places {
public:
  using number = std::uint64_t;

  /// @param all places, of at least 1; @param per_origin places of one origin, at least 1.
  handshake_places(std::size_t all, std::size_t per_origin) : all_(all), per_origin_(per_origin) {}

  /// Takes a place. @returns which connection loses its own for it: the oldest of the same origin
  /// if that has all it may have, else, if all places are taken, the oldest of the origin with the
  /// most.
  [[nodiscard]] std::optional<number> enter(number connection, const Origin& origin) {
    std::optional<number> victim;
    if (of(origin) >= per_origin_)
      victim = oldest_of(origin);
    else if (waiting_.size() >= all_)
      victim = oldest_of(busiest());
    if (victim)
      leave(*victim);
    waiting_.emplace(connection, origin);
    ++by_origin_[origin];
    return victim;
  }

  /// Gives a place back; a connection without one is ignored.
  void leave(number connection) {
    const auto at = waiting_.find(connection);
    if (at == waiting_.end())
      return;
    const auto count = by_origin_.find(at->second);
    if (--count->second == 0)
      by_origin_.erase(count);
    waiting_.erase(at);
  }

  /// Places taken.
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

  /// Places taken by one origin.
  [[nodiscard]] std::size_t of(const Origin& origin) const {
    const auto at = by_origin_.find(origin);
    return at == by_origin_.end() ? 0 : at->second;
  }

private:
  [[nodiscard]] std::optional<number> oldest_of(const Origin& origin) const {
    for (const auto& [connection, from] : waiting_)
      if (from == origin)
        return connection;
    return std::nullopt;
  }

  [[nodiscard]] const Origin& busiest() const {
    auto most = by_origin_.begin();
    for (auto each = by_origin_.begin(); each != by_origin_.end(); ++each)
      if (each->second > most->second)
        most = each;
    return most->first;
  }

  std::size_t all_;
  std::size_t per_origin_;
  std::map<number, Origin> waiting_; // in the order in which they came: numbers increase
  std::map<Origin, std::size_t> by_origin_;
};

} // namespace prism::net
