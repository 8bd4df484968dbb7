#pragma once

#include "db/pg/connection.hpp"

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

/// A connection that a busy machine does not lose, or a failed test.
[[nodiscard]] inline db::connection connect_to(const std::string& conninfo) {
  constexpr std::chrono::minutes patience{2};
  return must(db::connection::open({.conninfo = conninfo,
                                    .connect_timeout = patience,
                                    .default_timeout = patience,
                                    .cancel_grace = patience}));
}

} // namespace prism::test
