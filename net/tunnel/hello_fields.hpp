#pragma once

#include "net/tunnel/hello.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// Writes the fields of a hello one after the other; texts that are too long are cut.
class hello_writer {
public:
  void number8(std::uint8_t value);
  void number16(std::uint16_t value);
  void range(version_range value);
  /// At most `hello_limits::max_text` bytes.
  void text(std::string_view value);
  /// At most `hello_limits::max_reason` bytes.
  void long_text(std::string_view value);

  /// The head with the size, and the fields. @param magic `hello_limits::magic` bytes.
  [[nodiscard]] std::vector<std::byte> message(std::string_view magic) const;

private:
  void raw(std::string_view value);

  std::vector<std::byte> bytes_;
};

/// Reads the fields of a hello one after the other; after one that is not there, all are empty.
class hello_reader {
public:
  explicit hello_reader(std::span<const std::byte> input) : rest_(input) {}

  [[nodiscard]] std::uint8_t number8();
  [[nodiscard]] std::uint16_t number16();
  /// One whose ends are the wrong way round is not there.
  [[nodiscard]] version_range range();
  /// One that is longer than a writer makes it is not there.
  [[nodiscard]] std::string text();
  [[nodiscard]] std::string long_text();

  /// Whether all fields were there.
  [[nodiscard]] bool good() const noexcept { return good_; }

private:
  std::span<const std::byte> take(std::size_t count);
  std::string text_of(std::size_t size, std::size_t limit);

  std::span<const std::byte> rest_;
  bool good_{true};
};

} // namespace prism::net
