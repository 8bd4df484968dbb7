#include "atproto/cbor/cid.hpp"

#include "atproto/crypto/sha256.hpp"
#include "atproto/text/base32.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace prism::atproto {
namespace {

constexpr std::byte version_1{0x01};
constexpr std::byte multihash_sha256{0x12};
constexpr std::byte digest_length{0x20};

std::array<std::byte, cid::size> blank(cid_codec codec) noexcept {
  return {version_1, static_cast<std::byte>(codec), multihash_sha256, digest_length};
}

void set_digest(std::span<std::byte, cid::size> bytes, std::span<const std::byte> data) noexcept {
  std::ranges::copy(sha256(data), bytes.begin() + 4);
}

} // namespace

cid::cid() noexcept : cid(cid_codec::dag_cbor) {}

cid::cid(cid_codec codec) noexcept : bytes_(blank(codec)) {}

expected<cid> cid::from_bytes(std::span<const std::byte> bytes) {
  auto result = from_received_bytes(bytes);
  if (result && result->codec() != cid_codec::dag_cbor && result->codec() != cid_codec::raw) {
    return fail(errc::invalid, "cid: codec 0x{:02x}, must be dag-cbor (0x71) or raw (0x55)",
                std::to_integer<int>(bytes[1]));
  }
  return result;
}

expected<cid> cid::from_received_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() == 34 && bytes[0] == multihash_sha256 && bytes[1] == digest_length)
    return fail(errc::invalid, "cid: version 0 is not allowed in atproto");
  if (bytes.size() != size)
    return fail(errc::invalid, "cid: {} bytes, must be {}", bytes.size(), size);
  if (bytes[0] != version_1)
    return fail(errc::invalid, "cid: version {}, must be 1", std::to_integer<int>(bytes[0]));
  if ((bytes[1] & std::byte{0x80}) != std::byte{0})
    return fail(errc::invalid, "cid: a codec of more than one byte");
  if (bytes[2] != multihash_sha256 || bytes[3] != digest_length) {
    return fail(errc::invalid, "cid: hash 0x{:02x} of {} bytes, must be sha2-256 (0x12) of 32",
                std::to_integer<int>(bytes[2]), std::to_integer<int>(bytes[3]));
  }
  cid result;
  std::ranges::copy(bytes, result.bytes_.begin());
  return result;
}

expected<cid> cid::parse(std::string_view text) {
  auto result = parse_received(text);
  return result ? from_bytes(result->bytes()) : result;
}

expected<cid> cid::parse_received(std::string_view text) {
  if (text.starts_with("Qm"))
    return fail(errc::invalid, "cid: version 0 is not allowed in atproto");
  if (!text.starts_with('b'))
    return fail(errc::invalid, "cid: multibase must be 'b' (base32 in lower case)");
  if (text.size() != text_size)
    return fail(errc::invalid, "cid: {} characters, must be {}", text.size(), text_size);
  std::array<std::byte, size> bytes{};
  if (auto decoded = base32_decode(text.substr(1), bytes); !decoded)
    return fail(decoded.error().code, "cid: {}", decoded.error().message);
  return from_received_bytes(bytes);
}

cid cid::of_dag_cbor(std::span<const std::byte> block) noexcept {
  cid result{cid_codec::dag_cbor};
  set_digest(result.bytes_, block);
  return result;
}

std::string cid::to_string() const {
  return 'b' + base32_encode(bytes_);
}

bool cid::matches(std::span<const std::byte> block) const noexcept {
  return std::ranges::equal(digest(), sha256(block));
}

} // namespace prism::atproto

std::size_t
std::hash<prism::atproto::cid>::operator()(const prism::atproto::cid& id) const noexcept {
  static const auto keys = [] {
    std::random_device source;
    std::array<std::uint64_t, 4> words{};
    for (auto& word : words)
      word = (std::uint64_t{source()} << 32) | source();
    return words;
  }();
  std::array<std::uint64_t, 4> words{};
  std::memcpy(words.data(), id.digest().data(), sizeof words);
  __extension__ using wide = unsigned __int128;
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const wide product = wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  return mix(words[0] ^ keys[0], words[1] ^ keys[1]) ^ mix(words[2] ^ keys[2], words[3] ^ keys[3]);
}
