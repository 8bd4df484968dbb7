#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace prism::proxy {

/// One message of PostgreSQL's protocol 3 (manual, "Message Formats").
struct pg_message {
  /// 0 for those at the start of a connection that have no type: startup, SSL and cancel requests.
  char type{0};
  /// Without type and length.
  std::string_view body;
  /// With them.
  std::string_view whole;
};

/// Splits one direction of a connection into messages.
class message_reader {
public:
  enum class side { client, server };

  /// Above any message that Prism or PostgreSQL sends.
  static constexpr std::size_t max_message = std::size_t{256} << 20;

  explicit message_reader(side from) : untyped_(from == side::client) {}

  /// Invalidates all messages returned before.
  void append(std::string_view bytes);

  /// The next whole message, if there is one. Error: `errc::invalid` for an impossible length.
  [[nodiscard]] expected<std::optional<pg_message>> next();

private:
  std::string buffer_;
  std::size_t at_{0};
  bool untyped_;
};

/// Whether an untyped message asks for encryption (SSL or GSSAPI), which the server answers with
/// one byte without type.
[[nodiscard]] bool asks_for_encryption(const pg_message& message) noexcept;

/// Detects when a client sends COMMIT, as a simple query or as a prepared statement.
class commit_spotter {
public:
  /// Takes every message of the client, in order; true for the one that executes COMMIT.
  [[nodiscard]] bool is_commit(const pg_message& message);

private:
  std::set<std::string, std::less<>> statements_; // those that are COMMIT
  std::set<std::string, std::less<>> portals_;
};

} // namespace prism::proxy
