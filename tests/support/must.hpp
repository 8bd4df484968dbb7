#pragma once

#include "db/connection.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

namespace prism::test {

/// The value, or a failed test with the error. Also where only success matters.
template <class T>
T must(db::outcome<T> answer) {
  if (!answer)
    FAIL(db::describe(answer.error()));
  return std::move(*answer);
}

inline void must(const db::outcome<void>& answer) {
  if (!answer)
    FAIL(db::describe(answer.error()));
}

/// A connection, or a failed test.
[[nodiscard]] inline db::connection connect_to(const std::string& conninfo) {
  return must(db::connection::open({.conninfo = conninfo}));
}

} // namespace prism::test
