#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace prism::net {

/// For `co_await operation(…, use_result)`: the error code is part of the result, nothing is
/// thrown.
inline constexpr auto use_result = boost::asio::as_tuple(boost::asio::use_awaitable);

} // namespace prism::net
