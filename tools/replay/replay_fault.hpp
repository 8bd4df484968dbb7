#pragma once

#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// Ways in which a relay or the network before it can misbehave.
enum class fault_kind : std::uint8_t {
  clean_close, ///< close-at=N: WebSocket close frame
  reset,       ///< reset-at=N: TCP reset
  half_open,   ///< half-open-at=N: neither sends, reads nor answers pings any more
  garbage,     ///< garbage-at=N: a binary message of random bytes comes in between
  text,        ///< text-at=N: a text message comes in between
  truncated,   ///< truncated-at=N: the first half of the next frame comes before the whole one
  oversized,   ///< oversized-at=N: a binary message of 6 MiB comes in between
  error_frame, ///< error-at=N:NAME: an error frame of that name, then a close
  delay_accept ///< delay-accept=MS: the handshake of the first connection is answered late
};

/// One planned mishap. It happens once in the life of a server, on whichever connection comes to
/// its place first.
struct replay_fault {
  fault_kind kind{fault_kind::clean_close};
  /// Place in the corpus: that many of its frames come before the fault.
  std::size_t at{0};
  /// With `error_frame`: the name, for example ConsumerTooSlow.
  std::string error_name{};
  /// With `delay_accept`.
  std::chrono::milliseconds delay{0};
};

/// The message size that goes with `oversized`: over every limit a consumer may have.
inline constexpr std::size_t oversized_fault_bytes = std::size_t{6} << 20;

/// Reads the forms given at the enumerators. Error: `errc::invalid` naming the text and the form
/// that was expected.
[[nodiscard]] expected<replay_fault> parse_fault(std::string_view text);

/// The same form back.
[[nodiscard]] std::string to_string(const replay_fault& fault);

} // namespace prism::net
