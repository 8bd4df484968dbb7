#pragma once

#include "actors/runtime/node_context.hpp"
#include "dataplane/pending_call.hpp"
#include "db/pg/connection.hpp"
#include "db/reads/server_ids.hpp"
#include "db/reads/session.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace prism {

/// What came of running a call.
struct call_outcome {
  dataplane::answer<std::string> answer;
  /// See `dataplane::call::wanted`.
  std::optional<db::wanted_identity> wanted{};
  std::size_t left_out{0}; ///< records that are missing in the answer
};

/// A database session that answers calls of the data plane. One thread at a time.
class reader_session {
public:
  /// Connects to the database that is read. Blocks.
  /// @param ids outlive the session
  /// @param limit to connect to one host, and for each of the first statements
  [[nodiscard]] static db::outcome<std::unique_ptr<reader_session>>
  open(const node_context& node, reads::server_ids& ids, std::chrono::milliseconds limit);
  reader_session(const reader_session&) = delete;
  reader_session& operator=(const reader_session&) = delete;

  /// Runs a call. Without a connection, or if it is lost meanwhile, the call fails. If the method
  /// throws, the call fails as `internal`, and the connection is closed, since nobody knows what it
  /// is in the middle of.
  /// @param identity what a lookup for this call has found
  [[nodiscard]] call_outcome run(const dataplane::pending_call& call,
                                 const db::known_identity* identity = nullptr);

  /// Connects again for a call, within 0.5 s a host. Blocks. @returns whether it is open
  [[nodiscard]] bool reopen(const dataplane::pending_call& call);

  [[nodiscard]] bool is_open() const noexcept { return connection_ && connection_->is_open(); }
  [[nodiscard]] db::connection& connection() noexcept { return *connection_; }

private:
  explicit reader_session(reads::server_ids& ids) : ids_(ids) {}
  [[nodiscard]] db::outcome<void> prepare();

  reads::server_ids& ids_;
  const dataplane::pending_call* at_work_{nullptr};
  std::optional<db::connection> connection_;
  std::optional<reads::session> session_; // on the connection
};

} // namespace prism
