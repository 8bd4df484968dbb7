#include "db/pg/server_list.hpp"

#include <algorithm>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace prism::db {

namespace {

constexpr std::string_view default_port = "5432";

struct free_found {
  void operator()(addrinfo* found) const noexcept { freeaddrinfo(found); }
};

[[nodiscard]] bool is_socket(const std::string& host) noexcept {
  return host.empty() || host.front() == '/' || host.front() == '@';
}

/// Numeric addresses in the resolver's order; one empty text if there is none.
[[nodiscard]] std::vector<std::string> addresses_of(const std::string& host) {
  std::vector<std::string> out;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (!is_socket(host) && getaddrinfo(host.c_str(), nullptr, &hints, &raw) == 0) {
    const std::unique_ptr<addrinfo, free_found> found(raw);
    for (const auto* each = found.get(); each != nullptr; each = each->ai_next) {
      std::string text(NI_MAXHOST, '\0');
      if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(),
                      static_cast<socklen_t>(text.size()), nullptr, 0, NI_NUMERICHOST) == 0)
        out.emplace_back(text.c_str());
    }
  }
  if (out.empty())
    out.emplace_back();
  return out;
}

[[nodiscard]] std::string value_of(const keyword_list& list, std::string_view name) {
  const auto found =
      std::ranges::find_if(list, [&](const auto& entry) { return entry.first == name; });
  return found == list.end() ? std::string{} : found->second;
}

} // namespace

server_list::server_list(keyword_list given) : given_(std::move(given)) {
  const auto hosts = split_list(value_of(given_, "host"));
  const auto addresses = split_list(value_of(given_, "hostaddr"));
  const auto ports = split_list(value_of(given_, "port"));
  const bool numeric = addresses.size() > 1 || !addresses.front().empty();
  const auto count = numeric ? addresses.size() : hosts.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto host = i < hosts.size() ? hosts[i] : std::string{};
    const auto port = ports.size() == 1 ? ports.front() : i < ports.size() ? ports[i] : "";
    if (numeric && !addresses[i].empty())
      servers_.push_back({host, addresses[i], port});
    else
      for (auto& address : addresses_of(host))
        servers_.push_back({host, std::move(address), port});
  }
}

keyword_list server_list::keywords() const {
  if (servers_.size() < 2 && !skipped_)
    return given_;
  keyword_list out = given_;
  std::erase_if(out, [](const auto& entry) {
    return entry.first == "host" || entry.first == "hostaddr" || entry.first == "port";
  });
  std::string hosts;
  std::string addresses;
  std::string ports;
  for (const auto& server : servers_) {
    const char* const comma = &server == &servers_.front() ? "" : ",";
    hosts += comma + server.host;
    addresses += comma + server.address;
    ports += comma + server.port;
  }
  out.emplace_back("host", std::move(hosts));
  out.emplace_back("hostaddr", std::move(addresses));
  out.emplace_back("port", std::move(ports));
  return out;
}

server_list::time_point server_list::share(std::string_view address, std::string_view port,
                                           time_point until, time_point now) {
  const auto at = std::ranges::find_if(servers_, [&](const server& each) {
    return (each.address.empty() ? each.host : each.address) == address &&
           (each.port.empty() ? default_port : each.port) == port;
  });
  if (at == servers_.end())
    return until;
  const auto number = static_cast<std::size_t>(at - servers_.begin());
  if (current_ != number) {
    current_ = number;
    share_end_ = now + (until - now) / static_cast<std::int64_t>(servers_.size() - number);
  }
  return share_end_;
}

bool server_list::skip_current() {
  const auto skipped = current_ ? *current_ + 1 : servers_.size();
  servers_.erase(servers_.begin(), servers_.begin() + static_cast<std::ptrdiff_t>(skipped));
  current_.reset();
  skipped_ = true;
  return !servers_.empty();
}

} // namespace prism::db
