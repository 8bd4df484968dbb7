#include "atproto/text/grapheme.hpp"

#include "atproto/text/grapheme_table.hpp"

#include <algorithm>

namespace prism::atproto {
namespace {

using detail::grapheme_class;
using enum detail::grapheme_class;

// Removes one code point from the front; a byte that begins none is returned as it is.
char32_t take_code_point(std::string_view& utf8) noexcept {
  const auto lead = static_cast<unsigned char>(utf8.front());
  const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size == 1 || size > utf8.size()) {
    utf8.remove_prefix(1);
    return lead;
  }
  char32_t value = lead & (0x7FU >> size);
  for (const char c : utf8.substr(1, size - 1))
    value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  utf8.remove_prefix(size);
  return value;
}

grapheme_class class_of(char32_t c) noexcept {
  constexpr char32_t hangul_first = 0xAC00;
  constexpr char32_t hangul_last = 0xD7A3;
  constexpr char32_t finals = 28;
  if (c >= ' ' && c < 0x7F)
    return other;
  if (c >= hangul_first && c <= hangul_last)
    return (c - hangul_first) % finals == 0 ? hangul_lv : hangul_lvt;
  const auto ranges = detail::grapheme_ranges();
  const auto range = std::ranges::lower_bound(ranges, c, {}, &detail::grapheme_range::last);
  return range != ranges.end() && range->first <= c ? range->kind : other;
}

// State of the rules after the code points so far.
class boundary_finder {
public:
  // Whether a cluster begins before `current`. Rules are those of UAX #29.
  bool step(grapheme_class current, bool line_feed_after_return) noexcept {
    const bool boundary = !line_feed_after_return && is_boundary(current);
    remember(current);
    return boundary;
  }

private:
  [[nodiscard]] bool is_boundary(grapheme_class current) const noexcept {
    if (at_start_ || previous_ == control || current == control)
      return true; // GB1, GB4, GB5
    switch (current) {
    case extend:
    case linker:
    case zwnj:
    case zwj:
    case spacing:
      return false; // GB9, GB9a
    case consonant:
      return previous_ != prepend && !conjunct_linked_; // GB9b, GB9c
    case picto:
      return previous_ != prepend && !(previous_ == zwj && picto_); // GB9b, GB11
    case regional:
      return previous_ != prepend && !(previous_ == regional && odd_regional_); // GB12, GB13
    default:
      return previous_ != prepend && !joins_hangul(current);
    }
  }

  // GB6 to GB8.
  [[nodiscard]] bool joins_hangul(grapheme_class current) const noexcept {
    switch (current) {
    case hangul_l:
    case hangul_lv:
    case hangul_lvt:
      return previous_ == hangul_l;
    case hangul_v:
      return previous_ == hangul_l || previous_ == hangul_lv || previous_ == hangul_v;
    case hangul_t:
      return previous_ == hangul_lv || previous_ == hangul_v || previous_ == hangul_lvt ||
             previous_ == hangul_t;
    default:
      return false;
    }
  }

  void remember(grapheme_class current) noexcept {
    const bool continues = current == extend || current == linker || current == zwj;
    conjunct_linked_ = conjunct_ && continues && (conjunct_linked_ || current == linker);
    conjunct_ = current == consonant || (conjunct_ && continues);
    // The next pictograph must directly follow the last ZWJ, so a ZWJ ends the sequence unless it
    // is the previous code point.
    const bool extends = current == extend || current == linker || current == zwnj;
    picto_ = current == picto || (picto_ && previous_ != zwj && (extends || current == zwj));
    odd_regional_ = current == regional && !(previous_ == regional && odd_regional_);
    previous_ = current;
    at_start_ = false;
  }

  grapheme_class previous_ = other;
  bool at_start_ = true;
  bool conjunct_ = false;        // consonant, then only marks
  bool conjunct_linked_ = false; // … with a linker among them
  bool picto_ = false;           // pictograph, then only marks, then perhaps a ZWJ
  bool odd_regional_ = false;    // an odd number of regional indicators in a row
};

} // namespace

std::size_t count_graphemes(std::string_view utf8) noexcept {
  boundary_finder finder;
  std::size_t count = 0;
  bool after_return = false;
  while (!utf8.empty()) {
    const char32_t c = take_code_point(utf8);
    count += finder.step(class_of(c), after_return && c == '\n') ? 1 : 0;
    after_return = c == '\r';
  }
  return count;
}

} // namespace prism::atproto
