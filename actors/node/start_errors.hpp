#pragma once

#include "core/error.hpp"
#include "core/exit_code.hpp"
#include "db/pg/sqlstate.hpp"

namespace prism {

/// How the start treats a database error: `errc::transient` if waiting may help, `errc::invalid` if
/// our own settings are wrong, else `errc::fatal`.
[[nodiscard]] inline errc code_at_start(const db::db_error& error) noexcept {
  const bool may_pass =
      error.cls == db::error_class::transient || error.cls == db::error_class::commit_unknown;
  if (error.sqlstate == db::sqlstate::client_configuration)
    return errc::invalid;
  return may_pass ? errc::transient : errc::fatal;
}

/// The exit code of prismd for an error of `node::start`.
[[nodiscard]] constexpr exit_code exit_code_of(errc code) noexcept {
  switch (code) {
  case errc::cancelled:
    return exit_code::success;
  case errc::invalid:
    return exit_code::configuration;
  default:
    return exit_code::unavailable;
  }
}

} // namespace prism
