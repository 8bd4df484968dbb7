#include "db/pg/connection_state.hpp"

#include "core/one_line.hpp"
#include "db/pg/server_list.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <boost/algorithm/string/trim.hpp>
#include <cctype>
#include <charconv>
#include <poll.h>
#include <string>

namespace prism::db {
namespace {

using clock = connection::clock;

// Warnings of all sessions together, by SQLSTATE.
log::line_limit<std::string> warning_lines{std::chrono::seconds{10}, 16};

// Without this, libpq prints notices to stderr.
void on_notice(void* state, const PGresult* notice) {
  // The text depends on the server's language; the place in its source does not.
  const char* from = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
  if (state != nullptr && from != nullptr && std::string_view(from) == "SyncRepWaitForLSN")
    static_cast<connection_state*>(state)->unreplicated = true;
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  const std::string message = boost::algorithm::trim_copy(
      std::string(text != nullptr ? text : PQresultErrorMessage(notice)));
  const bool is_warning = severity != nullptr && std::string_view(severity) == "WARNING";
  if (!is_warning) {
    log::database().debug("[DB] server notice: {}", message);
    return;
  }
  const char* code = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  if (const auto left_out =
          warning_lines.allow(std::string(code != nullptr ? code : ""), clock::now()))
    log::database().info("[DB] server notice: {}{}", message, log::left_out_note(*left_out));
}

// A rejected login gives no PGresult. Its SQLSTATE is in the verbose text: "FATAL:  28P01: …".
std::string_view state_in(std::string_view message) {
  constexpr std::size_t length = 5;
  for (std::size_t at = message.find(":  "); at != std::string_view::npos;
       at = message.find(":  ", at + 1)) {
    const auto state = message.substr(at + 3, length);
    const bool is_state =
        state.size() == length && message.substr(at + 3 + length).starts_with(":") &&
        std::all_of(state.begin(), state.end(),
                    [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
    if (is_state)
      return state;
  }
  return sqlstate::cannot_connect;
}

// The verbose text has a line with the place in the server's source.
constexpr std::string_view source_line = "LOCATION:";

tl::unexpected<db_error> rejected(PGconn* raw) {
  const std::string_view message = PQerrorMessage(raw);
  const auto state = state_in(message);
  if (state == sqlstate::cannot_connect && is_client_configuration(message)) {
    auto text = one_line(message, source_line);
    if (message.find("no password supplied") != message.npos)
      text += "; a password file counts only if no other user may read it (chmod 600) and one of "
              "its lines fits the host, port, database and user";
    return db_fail(sqlstate::client_configuration, std::move(text), "connect");
  }
  return tl::unexpected<db_error>(db_error{classify_refusal(state), std::string(state),
                                           one_line(message, source_line), "connect"});
}

// Waits for the socket. @returns whether it became ready before `until`, and nobody gave up.
bool wait(int socket, short events, clock::time_point until, const connect_options& options) {
  constexpr long long slice = 100;
  const auto started = clock::now();
  for (;;) {
    const auto remaining =
        std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    if (remaining <= 0)
      return false;
    pollfd entry{socket, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long long>(remaining, slice)));
    if (ready > 0 || (ready < 0 && errno != EINTR))
      return true; // libpq reports the cause of an error of poll()
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - started);
    if (options.gives_up && options.gives_up({0, "connect", waited}))
      return false;
  }
}

// PQconnectPoll() does not apply connect_timeout.
std::chrono::milliseconds connect_limit(const connect_options& options,
                                        const keyword_list& keywords) {
  for (const auto& [keyword, value] : keywords) {
    int seconds = 0;
    const auto* const end = value.data() + value.size();
    if (keyword == "connect_timeout" &&
        std::from_chars(value.data(), end, seconds).ec == std::errc{} && seconds > 0)
      return std::chrono::seconds(seconds);
  }
  return options.connect_timeout;
}

// One run of libpq over the addresses. @returns null if one of them had its share of the time.
outcome<connection_ptr> try_addresses(connection_state& state, server_list& servers,
                                      clock::time_point until) {
  const auto& options = state.options;
  const auto keywords = servers.keywords();
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : keywords) {
    names.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);

  connection_ptr raw(PQconnectStartParams(names.data(), values.data(), 0));
  if (!raw)
    return db_fail("53200", "no memory for a connection", "connect");
  PQsetNoticeReceiver(raw.get(), on_notice, &state);
  PQsetErrorVerbosity(raw.get(), PQERRORS_VERBOSE);
  if (PQstatus(raw.get()) == CONNECTION_BAD)
    return rejected(raw.get());

  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK;
       step = PQconnectPoll(raw.get())) {
    if (step == PGRES_POLLING_FAILED)
      return rejected(raw.get());
    const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const std::string_view address = PQhostaddr(raw.get());
    const auto share = servers.share(address.empty() ? PQhost(raw.get()) : address,
                                     PQport(raw.get()), until, clock::now());
    if (wait(PQsocket(raw.get()), events, share, options))
      continue;
    const bool given_up = options.gives_up && options.gives_up({0, "connect", {}});
    if (given_up || !servers.skip_current())
      return db_fail(
          sqlstate::cannot_connect,
          fmt::format("timeout connecting to {} port {}", PQhost(raw.get()), PQport(raw.get())),
          "connect");
    return connection_ptr{};
  }
  PQsetnonblocking(raw.get(), 1);
  return raw;
}

} // namespace

outcome<connection_ptr> connect(connection_state& state, const keyword_list& keywords,
                                std::chrono::milliseconds limit) {
  const auto until = clock::now() + std::min(connect_limit(state.options, keywords), limit);
  server_list servers(keywords);
  for (;;) {
    auto done = try_addresses(state, servers, until);
    if (!done || *done)
      return done;
  }
}

} // namespace prism::db
