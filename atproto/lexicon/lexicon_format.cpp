#include "atproto/lexicon/lexicon_format.hpp"

#include "atproto/syntax/datetime.hpp"
#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/syntax_at_uri.hpp"
#include "atproto/syntax/tid.hpp"

#include <algorithm>
#include <array>

namespace prism::atproto::detail {
namespace {

struct entry {
  string_format format;
  std::string_view name;
  bool (*matches)(std::string_view) noexcept;
};

// In the order of the enumeration.
constexpr std::array entries{
    entry{string_format::at_identifier, "at-identifier", is_valid_at_identifier},
    entry{string_format::at_uri, "at-uri", is_valid_at_uri},
    entry{string_format::cid, "cid", is_valid_cid_string},
    entry{string_format::datetime, "datetime", is_valid_datetime},
    entry{string_format::did, "did", is_valid_did},
    entry{string_format::handle, "handle", is_valid_handle},
    entry{string_format::language, "language", is_valid_language},
    entry{string_format::nsid, "nsid", is_valid_nsid},
    entry{string_format::record_key, "record-key", is_valid_record_key},
    entry{string_format::tid, "tid", is_valid_tid},
    entry{string_format::uri, "uri", is_valid_uri}};

constexpr const entry& entry_of(string_format format) noexcept {
  return entries.at(static_cast<std::size_t>(format));
}

static_assert(std::ranges::all_of(entries, [](const entry& e) {
  return entry_of(e.format).name == e.name;
}));

} // namespace

std::optional<string_format> parse_string_format(std::string_view name) noexcept {
  const auto* found = std::ranges::find(entries, name, &entry::name);
  return found == entries.end() ? std::nullopt : std::optional{found->format};
}

std::string_view to_string(string_format format) noexcept {
  return entry_of(format).name;
}

bool matches(string_format format, std::string_view text) noexcept {
  return entry_of(format).matches(text);
}

} // namespace prism::atproto::detail
