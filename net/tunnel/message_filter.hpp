#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace prism::net {

/// What may pass of CAF's protocol.
struct message_rules {
  /// Most bytes that may follow the header of a message.
  std::uint32_t most{256 * 1024};
  /// What messages between actors may consist of: names of types as CAF joins them, for example
  /// "@<>+@atom+@str". Empty: anything, and every kind of message.
  std::vector<std::string> contents{};
};

/// Follows the messages of CAF's protocol (BASP, version 3, of CAF 0.17) through the bytes that a
/// client sends, and finds the first one that must not reach CAF, which trusts whoever is
/// connected: for a message whose header announces 4 GiB, or a byte buffer in it that does, CAF
/// makes room before the bytes come; and a message may hold messages to any depth. Those who only
/// ask questions have no reason to send such things.
///
/// Looks at each byte once, keeps none, and needs no room. CAF acts only on complete headers and
/// complete messages, so bytes that were passed before the bad one do no harm. A plain value.
class message_filter {
public:
  explicit message_filter(message_rules rules);

  /// Takes the next bytes, however they are cut. @returns false if a message among them breaks the
  /// rules: they must not be passed on, and nothing may come any more.
  [[nodiscard]] bool take(std::span<const std::byte> bytes);

  /// What is wrong, as the end of a sentence about the client: "announced a message of …"; "" as
  /// long as nothing is.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
  /// A byte that is expected, or any.
  using pattern = std::vector<std::uint16_t>;
  static constexpr std::size_t header_size = 32;

  [[nodiscard]] bool begin_payload();
  [[nodiscard]] bool choose_patterns(std::uint8_t kind);
  [[nodiscard]] bool expect_exactly(const pattern& whole);
  [[nodiscard]] bool take_payload(std::span<const std::byte> bytes);
  [[nodiscard]] bool matches(std::size_t at, std::byte next);
  [[nodiscard]] bool refuse(std::string problem);

  message_rules rules_;
  std::vector<pattern> contents_;
  std::array<std::byte, header_size> header_{};
  std::size_t of_header_{0}; // bytes of the current header that came
  std::uint32_t size_{0};    // of the current payload
  std::uint32_t came_{0};    // bytes of it that did
  /// Beginnings that the current payload may have; empty once it needs no further look.
  std::vector<const pattern*> open_;
  std::string problem_;
};

} // namespace prism::net
