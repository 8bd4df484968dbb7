#pragma once

#include "atproto/lexicon/lexicon.hpp"
#include "atproto/lexicon/lexicon_graph.hpp"

namespace prism::atproto::detail {

/// Does the work of `lexicon_catalog::compile`.
[[nodiscard]] expected<lexicon_graph> compile_lexicons(std::span<const lexicon_text> lexicons);

} // namespace prism::atproto::detail
