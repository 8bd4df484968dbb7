#include "atproto/cbor/varint.hpp"

namespace prism::atproto {

namespace {

expected<std::uint64_t> read(std::span<const std::byte> input, std::size_t& offset, bool minimal) {
  constexpr std::size_t max_bytes = 9;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < max_bytes; ++i) {
    if (input.size() - offset <= i)
      return fail(errc::invalid, "varint: the input ends inside the one at offset {}", offset);
    const auto byte = std::to_integer<std::uint64_t>(input[offset + i]);
    value |= (byte & 0x7FU) << (7U * i);
    if ((byte & 0x80U) == 0) {
      if (minimal && byte == 0 && i > 0)
        return fail(errc::invalid, "varint: the one at offset {} is longer than needed", offset);
      offset += i + 1;
      return value;
    }
  }
  return fail(errc::invalid, "varint: the one at offset {} has more than {} bytes", offset,
              max_bytes);
}

} // namespace

expected<std::uint64_t> read_varint(std::span<const std::byte> input, std::size_t& offset) {
  return read(input, offset, true);
}

expected<std::uint64_t> read_long_varint(std::span<const std::byte> input, std::size_t& offset) {
  return read(input, offset, false);
}

} // namespace prism::atproto
