#pragma once

#include "dataplane/proto/bsky.hpp"
#include "db/reads/stored_records.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace prism::dataplane {

/// @param us microseconds since 1970; cut to milliseconds, as the official server has them.
void set_time(google::protobuf::Timestamp& out, db::micros us);

/// A record and its times as the official server gives them: the record as JSON text, `created_at`
/// only if the record says a date, `sorted_at` the earlier of it and `indexed_at`, which is the
/// time of the commit.
struct record_source {
  std::string_view cid;
  std::span<const std::byte> block;
  db::micros commit_time{0};
  std::optional<db::micros> created_at; ///< empty: only the record may say one
};

/// Fills a message that is empty. Text that is not UTF-8 is replaced as the reference's decoder
/// does. A record that is not there stays the empty message.
void fill_record(bsky::Record& out, const record_source& from);

} // namespace prism::dataplane
