#include "atproto/text/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace prism::atproto {
namespace {

// What must follow a lead byte: how many continuation bytes, and the range of the first of them,
// which is where overlong forms, surrogates and too large code points show.
struct tail {
  std::size_t count;
  unsigned char low;
  unsigned char high;
};

constexpr tail tail_of(unsigned char lead) noexcept {
  if (lead >= 0xC2 && lead <= 0xDF)
    return {1, 0x80, 0xBF};
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return {2, low, high};
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return {3, low, high};
  }
  return {0, 0, 0};
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    if (std::uint64_t word = 0; text.size() - i >= sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80)
      continue;
    const auto [count, low, high] = tail_of(lead);
    if (count == 0 || text.size() - i < count)
      return false;
    const auto first = static_cast<unsigned char>(text[i++]);
    if (first < low || first > high)
      return false;
    for (std::size_t rest = 1; rest < count; ++rest)
      if ((static_cast<unsigned char>(text[i++]) & 0xC0U) != 0x80U)
        return false;
  }
  return true;
}

std::string with_replacements(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size() + replacement.size());
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t start = i;
    const auto lead = static_cast<unsigned char>(text[i++]);
    const auto [count, low, high] = tail_of(lead);
    std::size_t found = 0;
    while (found < count && i < text.size()) {
      const auto next = static_cast<unsigned char>(text[i]);
      if (found == 0 ? next < low || next > high : (next & 0xC0U) != 0x80U)
        break;
      ++i;
      ++found;
    }
    const bool whole = lead < 0x80 || (count > 0 && found == count);
    out += whole ? text.substr(start, i - start) : replacement;
  }
  return out;
}

} // namespace prism::atproto
