#include "atproto/syntax/syntax.hpp"

#include "atproto/syntax/syntax_chars.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace prism::atproto {
namespace {

// RFC 5646 section 2.2.8, and as cased there.
constexpr std::array<std::string_view, 26> grandfathered{
    "en-GB-oed", "i-ami",     "i-bnn",     "i-default",  "i-enochian",  "i-hak",  "i-klingon",
    "i-lux",     "i-mingo",   "i-navajo",  "i-pwn",      "i-tao",       "i-tay",  "i-tsu",
    "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE", "art-lojban", "cel-gaulish", "no-bok", "no-nyn",
    "zh-guoyu",  "zh-hakka",  "zh-min",    "zh-min-nan", "zh-xiang"};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, detail::to_lower, detail::to_lower);
}

// The subtags of a tag in sequence. A rule consumes what it accepts and leaves the rest to the next
// rule.
class subtags {
public:
  explicit subtags(std::string_view tag) noexcept : rest_(tag) { advance(); }

  [[nodiscard]] bool done() const noexcept { return done_; }

  // Takes the current subtag if it has `min` to `max` characters of the class.
  bool take(std::size_t min, std::size_t max, bool (*is)(char)) noexcept {
    return peek(min, max, is) && advance();
  }

  [[nodiscard]] bool peek(std::size_t min, std::size_t max, bool (*is)(char)) const noexcept {
    return !done_ && current_.size() >= min && current_.size() <= max &&
           detail::all_of(current_, is);
  }

  [[nodiscard]] std::string_view current() const noexcept { return current_; }

  bool advance() noexcept {
    done_ = last_;
    if (!done_)
      current_ = detail::cut(rest_, '-', last_);
    return true;
  }

private:
  std::string_view rest_;
  std::string_view current_;
  bool last_ = false;
  bool done_ = false;
};

bool take_private_use(subtags& tags) noexcept {
  if (tags.done() || !equal_ignoring_case(tags.current(), "x"))
    return false;
  tags.advance();
  std::size_t count = 0;
  while (tags.take(1, 8, detail::is_alnum))
    ++count;
  return count > 0;
}

bool at_variant(const subtags& tags) noexcept {
  return tags.peek(5, 8, detail::is_alnum) ||
         (tags.peek(4, 4, detail::is_alnum) && detail::is_digit(tags.current().front()));
}

// Each variant may be there once. Sorted, because nothing bounds the length of a tag in a record.
bool take_variants(subtags& tags) noexcept {
  std::vector<std::string_view> variants;
  for (; at_variant(tags); tags.advance())
    variants.push_back(tags.current());
  std::ranges::sort(variants, [](std::string_view a, std::string_view b) {
    return std::ranges::lexicographical_compare(a, b, {}, detail::to_lower, detail::to_lower);
  });
  return std::ranges::adjacent_find(variants, equal_ignoring_case) == variants.end();
}

bool take_extensions(subtags& tags) noexcept {
  std::array<bool, 128> seen{};
  while (tags.peek(1, 1, detail::is_alnum) && !equal_ignoring_case(tags.current(), "x")) {
    auto& mark = seen.at(static_cast<unsigned char>(detail::to_lower(tags.current().front())));
    if (mark)
      return false;
    mark = true;
    tags.advance();
    std::size_t count = 0;
    while (tags.take(2, 8, detail::is_alnum))
      ++count;
    if (count == 0)
      return false;
  }
  return true;
}

bool is_language_tag(std::string_view text) noexcept {
  subtags tags{text};
  if (!tags.take(2, 3, detail::is_lower))
    return false;
  for (int extended = 0; extended < 3 && tags.take(3, 3, detail::is_alpha); ++extended) {
  }
  tags.take(4, 4, detail::is_alpha);                                      // script
  tags.take(2, 2, detail::is_alpha) || tags.take(3, 3, detail::is_digit); // region
  return take_variants(tags) && take_extensions(tags) &&
         (tags.done() || (take_private_use(tags) && tags.done()));
}

} // namespace

bool is_valid_language(std::string_view text) noexcept {
  if (std::ranges::find(grandfathered, text) != grandfathered.end())
    return true;
  subtags tags{text};
  return (take_private_use(tags) && tags.done()) || is_language_tag(text);
}

} // namespace prism::atproto
