#include "db/pg/executor.hpp"

namespace prism::db {
namespace {

/// Enough of an SQL text to find it by, without filling the log with it.
constexpr std::size_t label_bytes = 80;

} // namespace

std::string request::label() const {
  if (prepared != nullptr)
    return prepared->name;
  const std::string_view text = sql == nullptr ? std::string_view{} : sql;
  if (text.size() <= label_bytes)
    return std::string(text);
  std::size_t end = label_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end; // not in the middle of a UTF-8 character
  return std::string(text.substr(0, end)) + "…";
}

outcome<result> executor::exec(const std::string& sql) {
  return one({nullptr, sql.c_str(), nullptr});
}

outcome<result> executor::exec(const std::string& sql, const params& values) {
  return one({nullptr, sql.c_str(), &values});
}

outcome<result> executor::exec_prepared(const statement& prepared) {
  return one({&prepared, nullptr, nullptr});
}

outcome<result> executor::exec_prepared(const statement& prepared, const params& values) {
  return one({&prepared, nullptr, &values});
}

outcome<result> executor::one(const request& only) {
  auto results = round_trip(std::span(&only, 1));
  if (!results)
    return tl::unexpected(std::move(results.error()));
  return std::move(results->front());
}

} // namespace prism::db
