#include "db/inspect/subject.hpp"

#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/syntax_at_uri.hpp"

#include <algorithm>

namespace prism::db {

namespace {

[[nodiscard]] std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

void set_authority(explained_subject& out, std::string_view text) {
  if (atproto::is_valid_did(text))
    out.did = text;
  else
    out.handle = lower(text);
}

} // namespace

explained_subject parse_subject(std::string_view text) {
  explained_subject out;
  if (atproto::is_valid_at_identifier(text)) {
    set_authority(out, text);
    return out;
  }
  if (!text.starts_with("at://")) {
    out.problem = text.starts_with("did:") ? "it is not a valid DID"
                                           : "it is neither a DID, nor a handle, nor an at-uri";
    return out;
  }
  const auto uri = atproto::at_uri::parse(text);
  if (!uri) {
    out.problem = uri.error().message;
    return out;
  }
  set_authority(out, uri->authority);
  out.collection = uri->collection;
  out.rkey = uri->rkey;
  return out;
}

} // namespace prism::db
