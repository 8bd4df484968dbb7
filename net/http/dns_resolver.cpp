#include "net/http/dns_resolver.hpp"

#include "net/http/dns_channel.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <functional>
#include <netinet/in.h>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// A query in flight. The answer or the timeout delivers the result, whichever comes first; the
// other is ignored.
template <class T>
struct question {
  explicit question(asio::io_context& context) : timer(context) {}

  void deliver(expected<T> result) {
    if (!handler)
      return;
    timer.cancel();
    // Posted, because c-ares is not reentrant from its callbacks.
    asio::post(timer.get_executor(),
               [done = std::exchange(handler, nullptr), result = std::move(result)]() mutable {
                 done(std::move(result));
               });
  }

  std::string name;
  asio::steady_timer timer;
  std::function<void(expected<T>)> handler;
};

template <class T>
using question_ptr = std::shared_ptr<question<T>>;

tl::unexpected<error> failed(const std::string& name, int status) {
  switch (status) {
  case ARES_ENOTFOUND:
  case ARES_ENODATA:
  case ARES_EBADNAME:
    return fail(errc::not_found, "DNS: '{}': {}", name, ares_strerror(status));
  case ARES_ETIMEOUT:
    return fail(errc::timeout, "DNS: '{}': {}", name, ares_strerror(status));
  case ARES_ECANCELLED:
  case ARES_EDESTRUCTION:
    return fail(errc::cancelled, "DNS: '{}': stopped", name);
  default:
    return fail(errc::io, "DNS: '{}': {}", name, ares_strerror(status));
  }
}

// Takes back ownership of the pointer that was passed to c-ares.
template <class T>
std::unique_ptr<question_ptr<T>> adopt(void* argument) {
  return std::unique_ptr<question_ptr<T>>(static_cast<question_ptr<T>*>(argument));
}

using records = std::vector<std::string>;
using address_list = std::vector<asio::ip::address>;

expected<records> read_txt(const std::string& name, const unsigned char* answer, int length) {
  ares_txt_ext* parsed = nullptr;
  if (const int status = ares_parse_txt_reply_ext(answer, length, &parsed); status != ARES_SUCCESS)
    return failed(name, status);
  const std::unique_ptr<ares_txt_ext, decltype(&ares_free_data)> owner(parsed, &ares_free_data);
  records out;
  for (const auto* part = parsed; part != nullptr; part = part->next) {
    if (part->record_start != 0 || out.empty())
      out.emplace_back();
    out.back().append(reinterpret_cast<const char*>(part->txt), part->length);
  }
  return out;
}

// Only bad_alloc can be thrown here, which may terminate the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
void on_txt(void* argument, int status, int, unsigned char* answer, int length) noexcept {
  const auto asked = adopt<records>(argument);
  const auto& name = (*asked)->name;
  (*asked)->deliver(status == ARES_SUCCESS ? read_txt(name, answer, length)
                                           : expected<records>(failed(name, status)));
}

address_list read_addresses(const ares_addrinfo* info) {
  address_list out;
  for (const auto* node = info->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family == AF_INET) {
      sockaddr_in raw{};
      std::memcpy(&raw, node->ai_addr, sizeof raw);
      out.emplace_back(asio::ip::address_v4(ntohl(raw.sin_addr.s_addr)));
    } else if (node->ai_family == AF_INET6) {
      sockaddr_in6 raw{};
      std::memcpy(&raw, node->ai_addr, sizeof raw);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &raw.sin6_addr, bytes.size());
      out.emplace_back(asio::ip::address_v6(bytes));
    }
  }
  return out;
}

// NOLINTNEXTLINE(bugprone-exception-escape)
void on_addresses(void* argument, int status, int, ares_addrinfo* info) noexcept {
  const auto asked = adopt<address_list>(argument);
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owner(info,
                                                                           &ares_freeaddrinfo);
  const auto& name = (*asked)->name;
  if (status != ARES_SUCCESS)
    return (*asked)->deliver(failed(name, status));
  auto found = read_addresses(info);
  if (found.empty())
    return (*asked)->deliver(failed(name, ARES_ENODATA));
  (*asked)->deliver(std::move(found));
}

// Sends a query by calling `start(name, argument)`, which passes the argument to c-ares.
template <class T, class Channel, class Start>
asio::awaitable<expected<T>> query(Channel& channel, std::string name, Start start) {
  auto begin = [&channel, name = std::move(name), start](auto handler) mutable {
    auto asked = std::make_shared<question<T>>(channel.context());
    asked->name = std::move(name);
    asked->timer.expires_after(channel.options().timeout);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asked->handler = [shared](expected<T> result) { (*shared)(std::move(result)); };
    asked->timer.async_wait([asked](error_code ec) {
      if (!ec)
        asked->deliver(fail(errc::timeout, "DNS: '{}': no answer in time", asked->name));
    });
    start(asked->name.c_str(), std::make_unique<question_ptr<T>>(asked).release());
    channel.rearm();
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(expected<T>)>(
      std::move(begin), asio::use_awaitable);
}

} // namespace

expected<std::unique_ptr<dns_resolver>> dns_resolver::make(asio::io_context& context,
                                                           const dns_options& options) {
  auto made = std::make_unique<channel>(context, options);
  if (auto opened = made->open(); !opened)
    return tl::unexpected(opened.error());
  return std::unique_ptr<dns_resolver>(new dns_resolver(std::move(made)));
}

dns_resolver::dns_resolver(std::unique_ptr<channel> made) : channel_(std::move(made)) {}

dns_resolver::~dns_resolver() = default;

asio::awaitable<expected<records>> dns_resolver::txt(std::string name) {
  constexpr int internet = 1;
  constexpr int txt_record = 16;
  return query<records>(*channel_, std::move(name), [this](const char* name, void* argument) {
    ares_query(channel_->handle(), name, internet, txt_record, &on_txt, argument);
  });
}

asio::awaitable<expected<address_list>> dns_resolver::addresses(std::string host) {
  return query<address_list>(*channel_, std::move(host), [this](const char* name, void* argument) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_->handle(), name, nullptr, &hints, &on_addresses, argument);
  });
}

asio::io_context::executor_type dns_resolver::executor() {
  return channel_->context().get_executor();
}

void dns_resolver::cancel() {
  ares_cancel(channel_->handle());
}

} // namespace prism::net
