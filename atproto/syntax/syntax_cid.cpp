#include "atproto/syntax/syntax.hpp"

#include "atproto/text/base32.hpp"
#include "atproto/text/base58.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace prism::atproto {
namespace {

constexpr std::size_t max_text_size = 128;

// Takes a varint (unsigned LEB128) off the front. Neither here nor in the padding below must the
// text be the only one for its bytes: the AppView does not compare it with its own.
std::optional<std::uint64_t> take_varint(std::span<const std::byte>& bytes) noexcept {
  constexpr std::size_t max_size = 8;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < max_size; ++i) {
    const auto byte = std::to_integer<std::uint64_t>(bytes[i]);
    value |= (byte & 0x7FU) << (7 * i);
    if (byte < 0x80) {
      bytes = bytes.subspan(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

bool is_multihash(std::span<const std::byte> bytes) noexcept {
  const auto code = take_varint(bytes);
  const auto size = take_varint(bytes);
  return code && size && *size == bytes.size();
}

bool is_cid_v1(std::string_view base32) noexcept {
  const auto padding = base32.find_last_not_of('=') + 1;
  base32 = base32.substr(0, padding);
  std::array<std::byte, max_text_size> buffer{};
  const auto out = std::span{buffer}.first(base32.size() * 5 / 8);
  if (!base32_decode(base32, out))
    return false;
  std::span<const std::byte> bytes = out;
  return take_varint(bytes) == 1 && take_varint(bytes) && is_multihash(bytes);
}

bool is_cid_v0(std::string_view base58) noexcept {
  constexpr std::byte sha2_256{0x12};
  std::array<std::byte, max_text_size> buffer{};
  const auto size = base58_decode(base58, buffer);
  return size && *size > 0 && buffer[0] == sha2_256 && is_multihash(std::span{buffer}.first(*size));
}

} // namespace

bool is_valid_cid_string(std::string_view text) noexcept {
  if (text.size() > max_text_size || text.empty())
    return false;
  return text.front() == 'b' ? is_cid_v1(text.substr(1)) : text.front() == 'Q' && is_cid_v0(text);
}

} // namespace prism::atproto
