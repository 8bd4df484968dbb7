#pragma once

#include "core/error.hpp"
#include "net/link/links.hpp"

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace prism::net {

/// What stands before the payload of a message on the wire: sizes and head (see `link_message`).
/// Error: `errc::limit` naming the limit that the message exceeds.
[[nodiscard]] expected<std::vector<std::byte>> encode_link_head(const link_message& message);

/// Finds the messages in what a link's peer sends, in whatever pieces it comes. Takes no more
/// memory than twice what has arrived of one message. A plain value, not thread-safe.
class link_reader {
public:
  /// A message; the payload is valid until the next call of a method.
  struct found {
    boost::json::object head;
    std::span<const std::byte> payload;
  };

  /// Where the next bytes are to be written; never empty.
  [[nodiscard]] std::span<std::byte> space();

  /// So many bytes were written into `space()`.
  void filled(std::size_t count) noexcept { end_ += count; }

  /// The next message; empty if it has not arrived as a whole. Errors (`errc::invalid`,
  /// `errc::limit`), after which nothing can be read any more: a size beyond its limit, a head that
  /// is no JSON object with a "kind".
  [[nodiscard]] expected<std::optional<found>> next();

private:
  [[nodiscard]] std::size_t held() const noexcept { return end_ - begin_; }

  std::vector<std::byte> buffer_;
  std::size_t begin_{0}; // what was not given out yet
  std::size_t end_{0};
  std::size_t wanted_{0}; // bytes of the message that has begun; 0 if that is not known
};

} // namespace prism::net
