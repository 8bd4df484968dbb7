#include "db/dead_letters.hpp"

namespace prism::db {

namespace {

constexpr statement insert_dead_letter{
    "insert_dead_letter",
    "INSERT INTO dead_letters (service, seq, did, path, reason, sqlstate, bytes) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"};

} // namespace

outcome<void> keep_dead_letter(executor& on, const dead_letter& letter) {
  params p;
  p.text(letter.service)
      .int8(letter.seq)
      .text(letter.did)
      .text(letter.path)
      .text(letter.reason)
      .text(letter.sqlstate)
      .bytea(letter.bytes);
  if (auto done = on.exec_prepared(insert_dead_letter, p); !done)
    return tl::unexpected(done.error());
  return {};
}

} // namespace prism::db
