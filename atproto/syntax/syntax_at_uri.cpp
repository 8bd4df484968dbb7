#include "atproto/syntax/syntax_at_uri.hpp"

#include "atproto/syntax/syntax.hpp"
#include "atproto/syntax/syntax_chars.hpp"
#include "atproto/text/utf8.hpp"

#include <array>

namespace prism::atproto {
namespace {

constexpr std::string_view scheme = "at://";

bool is_pointer_char(char c) noexcept {
  constexpr std::string_view punctuation = "._~:@!$&')(*+,;=%[]/-";
  return detail::is_alnum(c) || punctuation.find(c) != std::string_view::npos;
}

// Percent-encoded bytes must form UTF-8. The other characters are ASCII, so each run of encoded
// bytes stands for itself.
bool is_percent_encoding_valid(std::string_view text) noexcept {
  std::array<char, at_uri::max_size / 3 + 1> run{};
  std::size_t run_size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_utf8({run.data(), run_size}))
        return false;
      run_size = 0;
      continue;
    }
    if (text.size() - i < 3)
      return false;
    const int high = detail::hex_value(text[i + 1]);
    const int low = detail::hex_value(text[i + 2]);
    if (high < 0 || low < 0)
      return false;
    run.at(run_size++) = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return is_utf8({run.data(), run_size});
}

bool is_valid_fragment(std::string_view text) noexcept {
  return text.starts_with('/') && detail::all_of(text, is_pointer_char) &&
         is_percent_encoding_valid(text);
}

// Parses into `out`; the name of the wrong part, or nullptr. Separate from `parse` so that a check
// needs no allocation.
const char* scan(std::string_view text, at_uri& out) noexcept {
  if (!text.starts_with(scheme))
    return "scheme, must be at://";
  text.remove_prefix(scheme.size());
  bool no_fragment = false;
  auto fragment = text;
  auto path = detail::cut(fragment, '#', no_fragment);
  if (!no_fragment && !is_valid_fragment(fragment))
    return "fragment, must be a JSON pointer";
  bool last = false;
  out.authority = detail::cut(path, '/', last);
  out.fragment = fragment;
  if (!is_valid_at_identifier(out.authority))
    return "authority, must be a DID or handle";
  if (last)
    return nullptr;
  out.collection = detail::cut(path, '/', last);
  if (!is_valid_nsid(out.collection))
    return "collection, must be an NSID";
  if (last)
    return nullptr;
  out.rkey = path;
  return is_valid_record_key(out.rkey) ? nullptr : "record key";
}

} // namespace

expected<at_uri> at_uri::parse(std::string_view text) {
  if (text.size() > max_size)
    return fail(errc::limit, "at-uri: {} bytes, at most {}", text.size(), max_size);
  at_uri result;
  if (const char* wrong = scan(text, result))
    return fail(errc::invalid, "at-uri: bad {}", wrong);
  return result;
}

bool is_valid_at_uri(std::string_view text) noexcept {
  at_uri ignored;
  return text.size() <= at_uri::max_size && scan(text, ignored) == nullptr;
}

} // namespace prism::atproto
