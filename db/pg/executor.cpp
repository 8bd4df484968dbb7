#include "db/pg/executor.hpp"

namespace prism::db {
namespace {

/// Maximum length of an SQL text in messages.
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
  return run_one({nullptr, sql.c_str(), nullptr});
}

outcome<result> executor::exec(const std::string& sql, const params& values) {
  return run_one({nullptr, sql.c_str(), &values});
}

outcome<result> executor::exec_prepared(const statement& prepared) {
  return run_one({&prepared, nullptr, nullptr});
}

outcome<result> executor::exec_prepared(const statement& prepared, const params& values) {
  return run_one({&prepared, nullptr, &values});
}

outcome<result> executor::run_one(const request& single) {
  auto results = round_trip(std::span(&single, 1));
  if (!results)
    return tl::unexpected(std::move(results.error()));
  return std::move(results->front());
}

} // namespace prism::db
