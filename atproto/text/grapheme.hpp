#pragma once

#include <cstddef>
#include <string_view>

namespace prism::atproto {

/// Counts the user-perceived characters of `utf8`: extended grapheme clusters of Unicode 17 (UAX
/// #29 section 3.1.1), which is what lexicon's `minGraphemes` and `maxGraphemes` mean.
///
/// We have our own table because the count decides which posts are rejected and must equal that of
/// the official AppView (Intl.Segmenter with ICU 78). The libraries of Debian 12 implement Unicode
/// 15.0: they count conjuncts of Indic scripts as several and differ on some 2,000 code points.
///
/// Linear, without allocation, safe from any thread. A byte that is not UTF-8 counts as one.
[[nodiscard]] std::size_t count_graphemes(std::string_view utf8) noexcept;

} // namespace prism::atproto
