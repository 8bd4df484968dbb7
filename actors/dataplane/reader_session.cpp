#include "actors/dataplane/reader_session.hpp"

#include "core/wall_clock.hpp"
#include "db/reads/reader_plans.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace prism {

db::outcome<std::unique_ptr<reader_session>> reader_session::open(const node_context& node,
                                                                  reads::server_ids& ids,
                                                                  std::chrono::milliseconds limit) {
  std::unique_ptr<reader_session> out(new reader_session(ids));
  const auto& from = node.options;
  const bool is_own = from.dataplane_database_url.empty();
  db::connect_options options;
  options.conninfo = is_own ? node.conninfo : from.dataplane_database_url;
  options.application_name = "prismd reader";
  if (is_own)
    options.known_server = node.server;
  options.connect_timeout = limit;
  options.default_timeout = std::min(limit, from.dataplane_timeout);
  options.cancel_grace = std::chrono::milliseconds{1'000};
  options.gives_up = [made = out.get()](const db::server_wait&) {
    return made->at_work_ != nullptr && made->at_work_->given_up.load(std::memory_order_relaxed);
  };
  auto opened = db::connection::open(std::move(options));
  if (!opened)
    return tl::unexpected(std::move(opened.error()));
  out->connection_.emplace(std::move(*opened));
  if (auto ready = out->prepare(); !ready)
    return tl::unexpected(std::move(ready.error()));
  return out;
}

db::outcome<void> reader_session::prepare() {
  auto joined = ids_.join(*connection_);
  if (!joined)
    return tl::unexpected(joined.error());
  if (!joined->is_pooled)
    if (auto set = reads::set_reader_plans(*connection_); !set)
      return set;
  session_.emplace(*connection_, std::move(joined->ids), joined->is_pooled);
  return {};
}

call_outcome reader_session::run(const dataplane::pending_call& call,
                                 const db::known_identity* identity) {
  dataplane::call with{.on = *session_, .now = micros_since_1970(), .identity = identity};
  at_work_ = &call;
  connection_->set_deadline(call.deadline);
  auto answer = [&]() -> dataplane::answer<std::string> {
    try {
      return call.what->run(with, call.request);
    } catch (const std::exception& problem) {
      connection_->close();
      return tl::unexpected(dataplane::failure{net::grpc_status::internal, problem.what()});
    }
  }();
  at_work_ = nullptr;
  return {std::move(answer), std::move(with.wanted), with.left_out};
}

bool reader_session::reopen(const dataplane::pending_call& call) {
  at_work_ = &call;
  const bool open = connection_->reconnect(std::chrono::milliseconds{500}) && prepare();
  at_work_ = nullptr;
  if (!open)
    connection_->close(); // no call may meet this server with the ids of another
  return open;
}

} // namespace prism
