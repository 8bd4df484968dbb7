#include "net/origin.hpp"

#include <algorithm>

namespace prism::net {

namespace ip = boost::asio::ip;

ip::address origin_of(const ip::address& address) {
  if (!address.is_v6())
    return address;
  if (address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), 0);
  return ip::address_v6(bytes);
}

} // namespace prism::net
