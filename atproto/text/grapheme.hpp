#pragma once

#include <cstddef>
#include <string_view>

namespace prism::atproto {

/// Counts the user-perceived characters of `utf8`: extended grapheme clusters of Unicode 17 (UAX
/// #29 section 3.1.1), which is what lexicon's `minGraphemes` and `maxGraphemes` mean.
///
/// Own tables because the count decides which posts are refused, so it must be the one of the
/// official AppView (Intl.Segmenter with ICU 78). The libraries of Debian 12 know Unicode 15.0:
/// they count conjuncts of Indic scripts as several, and disagree on some 2,000 code points.
///
/// Linear, without allocation, safe from any thread. A byte that is not UTF-8 counts as one.
[[nodiscard]] std::size_t count_graphemes(std::string_view utf8) noexcept;

} // namespace prism::atproto
