#pragma once

#include "atproto/cbor/cbor_writer.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace prism::test {

inline void append(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline void append_varint(std::vector<std::byte>& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::byte>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::byte>(value));
}

inline std::vector<std::byte> car_header(const std::vector<atproto::cid>& roots) {
  atproto::cbor_writer out;
  out.begin_map().key("version").integer(1).key("roots").begin_array();
  for (const auto& root : roots)
    out.link(root);
  return out.end_array().end_map().finish().value();
}

inline void append_section(std::vector<std::byte>& car, std::span<const std::byte> content) {
  append_varint(car, content.size());
  append(car, content);
}

inline void append_block(std::vector<std::byte>& car, const atproto::cid& id,
                         std::span<const std::byte> data) {
  append_varint(car, atproto::cid::size + data.size());
  append(car, id.bytes());
  append(car, data);
}

/// The CID of a blob.
inline atproto::cid raw_cid(std::span<const std::byte> data) {
  const auto block = atproto::cid::of_dag_cbor(data);
  std::vector<std::byte> bytes(block.bytes().begin(), block.bytes().end());
  bytes[1] = std::byte{0x55};
  return atproto::cid::from_bytes(bytes).value();
}

/// A CAR of these DAG-CBOR blocks.
inline std::vector<std::byte> make_car(const std::vector<atproto::cid>& roots,
                                       const std::vector<std::vector<std::byte>>& blocks) {
  std::vector<std::byte> car;
  append_section(car, car_header(roots));
  for (const auto& block : blocks)
    append_block(car, atproto::cid::of_dag_cbor(block), block);
  return car;
}

} // namespace prism::test
