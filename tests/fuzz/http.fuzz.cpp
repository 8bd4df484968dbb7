#include "net/http/http_server.hpp"

#include "check.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

// What a stranger sends to the port for metrics and health: to a real server, over a real
// connection, since what is worth finding is in between. The first byte says in how many pieces.

using namespace prism;
using namespace prism::net;
using fuzz::check;

namespace {

constexpr std::size_t enough = 20'000; // of an answer
constexpr unsigned runs_between_looks = 64;

std::unique_ptr<http_server> start_server() {
  http_server_options options;
  options.max_header_bytes = 500; // small, so that the fuzzer gets there
  options.max_body_bytes = 1'000;
  options.max_streams_per_address = 2;
  const auto echo = [](const http_request& from) {
    return http_response{.body = std::string{from.path} + std::string{from.query} +
                                 std::string{from.body}};
  };
  const auto broken = [](const http_request&) -> http_response { throw std::runtime_error("bad"); };
  const auto events = [](const http_request&) {
    return http_response{.content_type = "text/event-stream",
                         .stream = {.next = [] { return std::string{"data: 1\n\n"}; },
                                    .every = std::chrono::milliseconds{1}}};
  };
  auto started = http_server::start(options, {{"GET", "/", echo},
                                              {"POST", "/", echo},
                                              {"GET", "/bad", broken},
                                              {"GET", "/events", events}});
  check(started.has_value(), "the server starts");
  return std::move(*started);
}

/// One connection, from one of many addresses so that there are enough ports.
class connection {
public:
  explicit connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    static std::uint32_t last = 0;
    last = (last + 1) % 250;
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + last);
    check(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "a free port");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    sigset_t alarm; // libFuzzer's, which would end the call
    sigset_t before;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, &before);
    check(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
          "the server takes connections");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(fd_);
  }

  void send(std::string_view data) const {
    while (!data.empty()) {
      const auto sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return; // it has answered and closed
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Until the server closes, or enough has come.
  [[nodiscard]] std::string answer() const {
    ::shutdown(fd_, SHUT_WR);
    std::string out;
    char part[4096];
    while (out.size() < enough && out.find("data: ") == std::string::npos) {
      const auto got = ::recv(fd_, part, sizeof part, 0);
      if (got <= 0)
        break;
      out.append(part, static_cast<std::size_t>(got));
    }
    return out;
  }

private:
  int fd_;
};

void check_answer(const std::string& text) {
  if (text.empty())
    return;
  check(text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 "), "an answer is one of HTTP");
  const auto status = text.substr(9, 3);
  static constexpr const char* known[] = {"100", "200", "400", "404", "405",
                                          "413", "431", "500", "503"};
  check(std::ranges::any_of(known, [&](const char* each) { return status == each; }),
        "a status that the server knows");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto server = start_server();
  static unsigned runs = 0;
  if (size == 0)
    return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  {
    const connection stranger(server->port());
    const std::size_t pieces = 1 + (data[0] % 4);
    const auto piece = input.size() / pieces + 1;
    for (std::size_t at = 0; at < input.size(); at += piece)
      stranger.send(input.substr(at, piece));
    check_answer(stranger.answer());
  }
  if (++runs % runs_between_looks == 0) {
    const connection friendly(server->port());
    friendly.send("GET /?ok HTTP/1.1\r\nHost: x\r\n\r\n");
    check(friendly.answer().ends_with("\r\n\r\n/ok"), "the server still answers");
    check(server->stats().open <= 64, "connections end");
  }
  return 0;
}
