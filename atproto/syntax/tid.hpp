#pragma once

#include "core/error.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::atproto {

/// A timestamp identifier (TID spec): a zero bit, 53 bits of microseconds since 1970 and 10 bits of
/// clock id, written as 13 characters that sort like the number. Used as record key and as
/// repository `rev`. The syntax also allows texts whose first bit is one; they are accepted.
class tid {
public:
  /// Characters of the text form.
  static constexpr std::size_t text_size = 13;

  /// The smallest one, `2222222222222`.
  constexpr tid() noexcept = default;

  /// From the 64-bit form.
  constexpr explicit tid(std::uint64_t value) noexcept : value_(value) {}

  /// @returns `errc::invalid` unless `text` is a valid TID in its one text form.
  [[nodiscard]] static expected<tid> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }

  /// Microseconds since 1970. Chosen by the creator of the TID: not trustworthy.
  [[nodiscard]] constexpr std::int64_t timestamp_us() const noexcept {
    return static_cast<std::int64_t>(value_ >> 10U);
  }

  /// 0 to 1023.
  [[nodiscard]] constexpr unsigned clock_id() const noexcept {
    return static_cast<unsigned>(value_ & 0x3FFU);
  }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside for a pointer.
  [[nodiscard]] friend constexpr auto operator<=>(tid, tid) noexcept = default;

private:
  std::uint64_t value_ = 0;
};

/// Whether `text` is a TID (TID spec, "TID Syntax").
[[nodiscard]] bool is_valid_tid(std::string_view text) noexcept;

} // namespace prism::atproto
