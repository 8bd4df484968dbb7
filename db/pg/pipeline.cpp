#include "db/pg/pipeline.hpp"

namespace prism::db {

std::size_t pipeline::add(const statement& prepared, params values) {
  entries_.push_back({&prepared, {}, std::move(values)});
  return entries_.size() - 1;
}

std::size_t pipeline::add(std::string sql, params values) {
  entries_.push_back({nullptr, std::move(sql), std::move(values)});
  return entries_.size() - 1;
}

outcome<std::vector<result>> pipeline::sync() {
  std::vector<request> requests;
  requests.reserve(entries_.size());
  for (const auto& entry : entries_)
    requests.push_back(
        {entry.prepared, entry.prepared == nullptr ? entry.sql.c_str() : nullptr, &entry.values});
  auto results = target_->round_trip(requests);
  entries_.clear();
  return results;
}

} // namespace prism::db
