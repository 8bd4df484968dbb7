#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "core/error.hpp"

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace prism::atproto {

/// The JSON form of a DAG-CBOR item (data-model spec, "JSON Representation"): links become
/// `{"$link": "bafy…"}`, bytes `{"$bytes": "…"}` in unpadded base64; map order is kept. A float is
/// a number, an integer beyond 64 bits null.
///
/// A map that itself has the shape of one of these objects reads back as a link or bytes: keys that
/// begin with `$` are reserved by the specification, so no valid record contains one.
[[nodiscard]] boost::json::value to_json(cbor_node node);

/// What stands in `$link` for the binary form of a CID: version 0 in base58, later ones in
/// multibase base32.
[[nodiscard]] std::string cid_text(std::span<const std::byte> id);

/// Encodes JSON as canonical DAG-CBOR: keys sorted, `$link` and `$bytes` recognised, numbers with a
/// fraction of zero taken as integers.
/// @returns `errc::invalid` with the path of the offender on a fraction, an integer beyond int64, a
/// malformed or not solitary `$link` or `$bytes`, or text that is not UTF-8; `errc::limit` beyond
/// 64 levels.
[[nodiscard]] expected<std::vector<std::byte>> from_json(const boost::json::value& value);

} // namespace prism::atproto
