#include "db/pg/conninfo.hpp"

#include <algorithm>
#include <array>
#include <libpq-fe.h>
#include <memory>
#include <optional>

namespace prism::db {
namespace {

struct free_options {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

std::optional<keyword_list> parse(const std::string& conninfo) {
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, free_options> options(
      PQconninfoParse(conninfo.c_str(), &reason));
  PQfreemem(reason); // not shown: it may quote the password
  if (!options)
    return std::nullopt;
  keyword_list list;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr)
      list.emplace_back(option->keyword, option->val);
  return list;
}

bool is_secret(std::string_view keyword) {
  return keyword == "password" || keyword == "sslpassword";
}

std::string join(const keyword_list& list) {
  std::string text;
  for (const auto& [keyword, value] : list)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", keyword, quoted_value(value));
  return text;
}

tl::unexpected<db_error> unparsable() {
  return db_fail(sqlstate::client_configuration,
                 "the connection string is neither a postgresql:// URL nor key=value pairs, or "
                 "names an unknown keyword or service (not shown, since it may contain a password; "
                 "in a URL, write @ : / % in a password as %40 %3A %2F %25)");
}

/// What libpq says of an attempt that fails for a reason on our side.
bool is_local_reason(std::string_view attempt) {
  constexpr std::array<std::string_view, 14> reasons{
      "invalid integer value",     "root certificate file",
      "certificate file",          "private key file",
      "certificate verify failed", "certificate present, but not private key",
      "does not match host name",  "server does not support SSL",
      "no password supplied",      "authentication method requirement",
      "channel binding",           "could not parse network address",
      "Unix-domain socket path",   "GSSAPI encryption required",
  };
  return std::ranges::any_of(
      reasons, [attempt](std::string_view reason) { return attempt.find(reason) != attempt.npos; });
}

/// In postgresql://user:pass/word@host libpq takes "user" for the host and "pass" for the port.
bool has_password_in_port(const keyword_list& list) {
  return std::ranges::any_of(list, [](const auto& entry) {
    return entry.first == "port" &&
           entry.second.find_first_not_of("0123456789, +-") != std::string::npos;
  });
}

bool is_host_list(std::string_view keyword) {
  return keyword == "host" || keyword == "hostaddr" || keyword == "port";
}

std::size_t items(const keyword_list& list, std::string_view keyword) {
  for (const auto& [name, value] : list)
    if (name == keyword && !value.empty())
      return split_list(value).size();
  return 0;
}

/// What libpq refuses, but would not see, since each host is tried by itself.
outcome<void> check_host_counts(const keyword_list& list) {
  const auto hosts = items(list, "host");
  const auto addresses = items(list, "hostaddr");
  const auto ports = items(list, "port");
  const auto servers = std::max<std::size_t>({hosts, addresses, 1});
  if (hosts > 0 && addresses > 0 && hosts != addresses)
    return db_fail(sqlstate::client_configuration,
                   fmt::format("the connection string names {} hosts, but {} values of hostaddr",
                               hosts, addresses));
  if (ports > 1 && ports != servers)
    return db_fail(
        sqlstate::client_configuration,
        fmt::format("the connection string names {} ports, but {} hosts", ports, servers));
  return {};
}

} // namespace

std::string quoted_value(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\')
      text += '\\';
    text += c;
  }
  return text += '\'';
}

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> out;
  for (;;) {
    const auto comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos)
      return out;
    list.remove_prefix(comma + 1);
  }
}

bool is_client_configuration(std::string_view message) {
  constexpr std::string_view attempt_begins = "connection to server ";
  auto at = message.find(attempt_begins);
  // Before the first attempt libpq reads its options; the lookup of a name may work later.
  const auto before = message.substr(0, at);
  if (before.find("could not translate host name") != before.npos ||
      before.find("out of memory") != before.npos)
    return false;
  if (at == message.npos)
    return !before.empty();
  while (at != message.npos) {
    const auto next = message.find(attempt_begins, at + 1);
    const auto attempt = message.substr(at, next == message.npos ? next : next - at);
    if (!is_local_reason(attempt) || attempt.find("could not translate host name") != attempt.npos)
      return false;
    at = next;
  }
  return true;
}

std::string mask_conninfo(const std::string& conninfo) {
  auto list = parse(conninfo);
  if (!list || has_password_in_port(*list))
    return "(unparsable connection string)";
  for (auto& [keyword, value] : *list) {
    if (is_secret(keyword))
      value = "***";
    // libpq takes what follows an unescaped @ of a password as the host, and what follows an
    // unescaped / as the database.
    const bool may_hide = keyword == "host" || keyword == "dbname";
    const auto at = may_hide ? value.rfind('@') : std::string::npos;
    if (at != std::string::npos)
      value.replace(0, at, "***");
  }
  return join(*list);
}

outcome<keyword_list> connection_keywords(const connect_options& options) {
  const auto given = parse(options.conninfo);
  if (!given)
    return unparsable();
  if (has_password_in_port(*given))
    return db_fail(sqlstate::client_configuration,
                   "the port in the connection string is not a number: write a / in a password as "
                   "%2F (not shown, since it may be part of a password)");
  for (const auto& [keyword, value] : *given)
    if (keyword == "host" && value.find('@') != std::string::npos)
      return db_fail(sqlstate::client_configuration,
                     "the host in the connection string contains an @: write an @ in a password as "
                     "%40");
  if (auto matching = check_host_counts(*given); !matching)
    return tl::unexpected(std::move(matching.error()));
  keyword_list list{
      {"fallback_application_name", options.application_name},
      {"keepalives_idle", std::to_string(options.keepalives_idle.count())},
      {"keepalives_interval", std::to_string(options.keepalives_interval.count())},
      {"keepalives_count", std::to_string(options.keepalives_count)},
      {"tcp_user_timeout", std::to_string(options.tcp_user_timeout.count())},
  };
  for (const auto& entry : *given) {
    std::erase_if(list, [&](const auto& known) { return known.first == entry.first; });
    list.push_back(entry);
  }
  // All texts are UTF-8, also with another PGCLIENTENCODING.
  std::erase_if(list, [](const auto& entry) { return entry.first == "client_encoding"; });
  list.emplace_back("client_encoding", "UTF8");
  return list;
}

std::vector<keyword_list> split_hosts(const keyword_list& keywords) {
  std::size_t hosts = 1;
  for (const auto& [keyword, value] : keywords) {
    if (is_host_list(keyword))
      hosts = std::max(hosts, split_list(value).size());
    if (keyword == "target_session_attrs" && value == "prefer-standby")
      return {keywords};
  }
  std::vector<keyword_list> out(hosts, keywords);
  for (std::size_t i = 0; i < hosts; ++i)
    for (auto& [keyword, value] : out[i])
      if (const auto parts = split_list(value); is_host_list(keyword) && parts.size() == hosts)
        value = parts[i];
  return out;
}

} // namespace prism::db
