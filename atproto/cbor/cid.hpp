#pragma once

#include "core/error.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace prism::atproto {

/// What the bytes named by a CID are.
enum class cid_codec : std::uint8_t {
  raw = 0x55,     ///< blobs
  dag_cbor = 0x71 ///< records, commits, MST nodes
};

/// A content identifier in the one format which atproto blesses: CIDv1, codec dag-cbor or raw,
/// SHA-256 multihash (data-model spec, "Link and CID Formats"). Always 36 bytes, a plain value.
/// (`from_received_bytes` takes other codecs too.)
/// A default-constructed one is the dag-cbor CID of the zero digest, which no known data has.
class cid {
public:
  /// Bytes of the binary form.
  static constexpr std::size_t size = 36;
  /// Characters of the text form, with the multibase prefix.
  static constexpr std::size_t text_size = 59;

  cid() noexcept;

  /// Reads the binary form. `bytes` must be exactly `size` long.
  /// @returns `errc::invalid` naming the version, codec, hash or length that was seen instead.
  [[nodiscard]] static expected<cid> from_bytes(std::span<const std::byte> bytes);

  /// The same, but with any codec below 0x80. Nobody should write these, but the reference follows
  /// them, so records and links that strangers send are read with it.
  [[nodiscard]] static expected<cid> from_received_bytes(std::span<const std::byte> bytes);

  /// Reads the text form: multibase `b`, base32 in lower case.
  /// @returns `errc::invalid` naming what was seen instead.
  [[nodiscard]] static expected<cid> parse(std::string_view text);

  /// The same for the text form of what `from_received_bytes` takes.
  [[nodiscard]] static expected<cid> parse_received(std::string_view text);

  /// The CID of a DAG-CBOR block. `block` is hashed, not parsed.
  [[nodiscard]] static cid of_dag_cbor(std::span<const std::byte> block) noexcept;

  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] cid_codec codec() const noexcept { return static_cast<cid_codec>(bytes_[1]); }

  /// The binary form; valid as long as this object.
  [[nodiscard]] std::span<const std::byte, size> bytes() const noexcept { return bytes_; }

  /// The SHA-256 digest; valid as long as this object.
  [[nodiscard]] std::span<const std::byte, 32> digest() const noexcept {
    return std::span{bytes_}.subspan<4>();
  }

  /// Whether this is the CID of `block` under its own codec.
  [[nodiscard]] bool matches(std::span<const std::byte> block) const noexcept;

  [[nodiscard]] friend std::strong_ordering operator<=>(const cid& a, const cid& b) noexcept {
    return a.bytes_ <=> b.bytes_;
  }
  [[nodiscard]] friend bool operator==(const cid&, const cid&) noexcept = default;

private:
  explicit cid(cid_codec codec) noexcept;

  std::array<std::byte, size> bytes_;
};

} // namespace prism::atproto

/// Keyed per process: links inside records are untrusted, and their authors must not be able to
/// choose them so that they meet in one bucket.
template <>
struct std::hash<prism::atproto::cid> {
  [[nodiscard]] std::size_t operator()(const prism::atproto::cid& id) const noexcept;
};
