#include "net/tunnel/hello_io.hpp"
#include "net/use_result.hpp"

#include <array>
#include <boost/asio/read.hpp>

namespace prism::net {

namespace asio = boost::asio;

asio::awaitable<tl::expected<std::vector<std::byte>, hello_failure>>
read_hello(tunnel_stream& from, std::string_view magic) {
  std::array<std::byte, hello_limits::head> head{};
  const auto [head_error, head_size] =
      co_await asio::async_read(from, asio::buffer(head), use_result);
  if (head_error)
    co_return tl::unexpected(hello_failure{.connection = head_error, .malformed = {}});
  const auto size = parse_hello_head(head, magic);
  if (!size)
    co_return tl::unexpected(hello_failure{.connection = {}, .malformed = size.error().message});
  std::vector<std::byte> body(*size);
  const auto [body_error, body_size] =
      co_await asio::async_read(from, asio::buffer(body), use_result);
  if (body_error)
    co_return tl::unexpected(hello_failure{.connection = body_error, .malformed = {}});
  co_return body;
}

} // namespace prism::net
