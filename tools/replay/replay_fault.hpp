#pragma once

#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// Faults of a relay or of the network in front of it.
enum class fault_kind : std::uint8_t {
  clean_close, ///< close-at=N: WebSocket close frame
  reset,       ///< reset-at=N: TCP reset
  half_open,   ///< half-open-at=N: stops sending, reading and answering pings
  garbage,     ///< garbage-at=N: an extra binary message of random bytes
  text,        ///< text-at=N: an extra text message
  truncated,   ///< truncated-at=N: the first half of the next frame, then the whole frame
  oversized,   ///< oversized-at=N: an extra binary message of 6 MiB
  error_frame, ///< error-at=N:NAME: an error frame of that name, then a close
  delay_accept ///< delay-accept=MS: delays the handshake of the first connection
};

/// A planned fault. It fires once per server, on the first connection that reaches its position.
struct replay_fault {
  fault_kind kind{fault_kind::clean_close};
  /// Position in the corpus: number of frames before the fault.
  std::size_t at{0};
  /// With `error_frame`: the name, for example ConsumerTooSlow.
  std::string error_name{};
  /// With `delay_accept`.
  std::chrono::milliseconds delay{0};
};

/// The message size of `oversized`: above any sensible limit of a consumer.
inline constexpr std::size_t oversized_fault_bytes = std::size_t{6} << 20;

/// Parses the forms given at the enumerators. Error: `errc::invalid` naming the text and the
/// expected form.
[[nodiscard]] expected<replay_fault> parse_fault(std::string_view text);

/// The inverse of `parse_fault`.
[[nodiscard]] std::string to_string(const replay_fault& fault);

} // namespace prism::net
