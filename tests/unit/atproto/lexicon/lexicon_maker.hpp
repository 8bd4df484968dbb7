#pragma once

#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "atproto/lexicon/lexicon.hpp"

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace prism::test {

/// What a catalog says to a record that is given as JSON: "ok", or rule and path of the violation.
inline std::string validation_result(const atproto::lexicon_catalog& catalog,
                                     std::string_view collection,
                                     const boost::json::value& record) {
  const auto bytes = atproto::from_json(record).value();
  const auto document = atproto::cbor_document::parse(bytes).value();
  const auto result = catalog.validate_record(collection, document.root());
  return result ? "ok" : std::string{to_string(result.error().rule)} + ' ' + result.error().path;
}

/// The same for JSON text.
inline std::string validation_result_of_text(const atproto::lexicon_catalog& catalog,
                                             std::string_view collection,
                                             const std::string& record) {
  return validation_result(catalog, collection, boost::json::parse(record));
}

} // namespace prism::test
