#include "db/batch/op_columns.hpp"

namespace prism::db {

namespace {

template <class Row>
[[nodiscard]] bool columns_are(const op& operation) noexcept {
  return std::holds_alternative<Row>(operation.columns);
}

} // namespace

bool has_its_columns(const op& operation) noexcept {
  using atproto::collection;
  if (operation.action == op_action::remove)
    return true;
  switch (operation.kind) {
  case collection::post:
    return columns_are<post_row>(operation);
  case collection::like:
  case collection::repost:
  case collection::follow:
  case collection::block:
  case collection::list_item:
  case collection::list_block:
  case collection::reference_list_opt_out:
  case collection::verification:
    return columns_are<relation_row>(operation);
  case collection::list:
    return columns_are<list_row>(operation);
  case collection::feed_generator:
    return columns_are<feed_generator_row>(operation);
  case collection::starter_pack:
    return columns_are<starter_pack_row>(operation);
  case collection::thread_gate:
    return columns_are<thread_gate_row>(operation);
  case collection::post_gate:
    return columns_are<post_gate_row>(operation);
  case collection::profile:
    return columns_are<profile_row>(operation);
  case collection::labeler:
  case collection::status:
  case collection::notification_declaration:
  case collection::chat_declaration:
  case collection::germ_declaration:
    return columns_are<plain_row>(operation);
  case collection::other:
    break;
  }
  return false;
}

} // namespace prism::db
