#include "db/pg/conninfo.hpp"

#include <algorithm>
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

// Quoting of libpq's key=value form.
std::string quoted_value(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\')
      text += '\\';
    text += c;
  }
  return text += '\'';
}

std::string join(const keyword_list& list) {
  std::string text;
  for (const auto& [keyword, value] : list)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", keyword, quoted_value(value));
  return text;
}

tl::unexpected<db_error> unparsable() {
  return db_fail(sqlstate::cannot_connect,
                 "the connection string is neither a postgresql:// URL nor key=value pairs (not "
                 "shown, since it may contain a password; in a URL, write @ : / % in a password as "
                 "%40 %3A %2F %25)");
}

bool is_host_list(std::string_view keyword) {
  return keyword == "host" || keyword == "hostaddr" || keyword == "port";
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  for (;;) {
    const auto comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos)
      return out;
    list.remove_prefix(comma + 1);
  }
}

} // namespace

std::string mask_conninfo(const std::string& conninfo) {
  auto list = parse(conninfo);
  if (!list)
    return "(unparsable connection string)";
  for (auto& [keyword, value] : *list) {
    if (is_secret(keyword))
      value = "***";
    // libpq takes what follows an unescaped @ of a password as the host.
    const auto at = keyword == "host" ? value.rfind('@') : std::string::npos;
    if (at != std::string::npos)
      value.replace(0, at, "***");
  }
  return join(*list);
}

outcome<keyword_list> connection_keywords(const connect_options& options) {
  const auto given = parse(options.conninfo);
  if (!given)
    return unparsable();
  for (const auto& [keyword, value] : *given)
    if (keyword == "host" && value.find('@') != std::string::npos)
      return db_fail(sqlstate::cannot_connect,
                     "the host in the connection string contains an @: write an @ in a password as "
                     "%40");
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
  // All texts are UTF-8, whatever PGCLIENTENCODING says.
  std::erase_if(list, [](const auto& entry) { return entry.first == "client_encoding"; });
  list.emplace_back("client_encoding", "UTF8");
  return list;
}

std::vector<keyword_list> split_hosts(const keyword_list& keywords) {
  std::size_t hosts = 1;
  for (const auto& [keyword, value] : keywords) {
    if (is_host_list(keyword))
      hosts = std::max(hosts, split(value).size());
    if (keyword == "target_session_attrs" && value == "prefer-standby")
      return {keywords};
  }
  std::vector<keyword_list> out(hosts, keywords);
  for (std::size_t i = 0; i < hosts; ++i)
    for (auto& [keyword, value] : out[i])
      if (const auto parts = split(value); is_host_list(keyword) && parts.size() == hosts)
        value = parts[i];
  return out;
}

} // namespace prism::db
