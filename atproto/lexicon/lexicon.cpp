#include "atproto/lexicon/lexicon.hpp"

#include "atproto/lexicon/lexicon_compile.hpp"
#include "atproto/lexicon/lexicon_validate.hpp"

namespace prism::atproto {

lexicon_catalog::lexicon_catalog(std::unique_ptr<const detail::lexicon_graph> graph) noexcept
    : graph_(std::move(graph)) {}

lexicon_catalog::lexicon_catalog(lexicon_catalog&&) noexcept = default;
lexicon_catalog& lexicon_catalog::operator=(lexicon_catalog&&) noexcept = default;
lexicon_catalog::~lexicon_catalog() = default;

expected<lexicon_catalog> lexicon_catalog::compile(std::span<const lexicon_text> lexicons) {
  auto graph = detail::compile_lexicons(lexicons);
  if (!graph)
    return tl::unexpected(graph.error());
  return lexicon_catalog{std::make_unique<const detail::lexicon_graph>(std::move(*graph))};
}

bool lexicon_catalog::contains(std::string_view collection) const noexcept {
  return graph_->records.contains(collection);
}

lexicon_result lexicon_catalog::validate_record(std::string_view collection,
                                                cbor_node record) const {
  lexicon_notes notes;
  return validate_record(collection, record, notes);
}

lexicon_result lexicon_catalog::validate_record(std::string_view collection, cbor_node record,
                                                lexicon_notes& notes) const {
  const auto found = graph_->records.find(collection);
  if (found == graph_->records.end()) {
    return tl::unexpected(
        lexicon_violation{lexicon_rule::unknown_collection, "$", "the collection has no lexicon"});
  }
  return detail::validate(*graph_, found->second, record, notes);
}

} // namespace prism::atproto
