#pragma once

#include <cstdint>
#include <span>

namespace prism::atproto::detail {

/// What the rules of UAX #29 distinguish: Grapheme_Cluster_Break, Extended_Pictographic and
/// Indic_Conjunct_Break in one, since no code point needs two of them.
enum class grapheme_class : std::uint8_t {
  other,
  control,   ///< Control, CR and LF
  extend,    ///< Extend with InCB=Extend
  linker,    ///< Extend with InCB=Linker
  zwnj,      ///< U+200C: Extend that does not take part in conjuncts
  zwj,       ///< U+200D
  spacing,   ///< SpacingMark
  prepend,   ///< Prepend
  regional,  ///< Regional_Indicator
  picto,     ///< Extended_Pictographic
  consonant, ///< InCB=Consonant
  hangul_l,
  hangul_v,
  hangul_t,
  hangul_lv,
  hangul_lvt
};

/// Code points of one class, both ends included.
struct grapheme_range {
  char32_t first;
  char32_t last;
  grapheme_class kind;
};

/// Every code point that is not `other`, sorted; without the Hangul syllables, which follow from
/// their number.
[[nodiscard]] std::span<const grapheme_range> grapheme_ranges() noexcept;

} // namespace prism::atproto::detail
