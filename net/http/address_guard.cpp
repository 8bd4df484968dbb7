#include "net/http/address_guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace prism::net {

namespace {

namespace ip = boost::asio::ip;

struct block4 {
  std::uint32_t first;
  unsigned bits;
};

constexpr std::uint32_t at(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array special4{
    block4{at(0, 0, 0, 0), 8},       // this network
    block4{at(10, 0, 0, 0), 8},      // private
    block4{at(100, 64, 0, 0), 10},   // shared by a carrier
    block4{at(127, 0, 0, 0), 8},     // loopback
    block4{at(169, 254, 0, 0), 16},  // link-local, and the clouds' metadata
    block4{at(172, 16, 0, 0), 12},   // private
    block4{at(192, 0, 0, 0), 24},    // protocol assignments
    block4{at(192, 0, 2, 0), 24},    // documentation
    block4{at(192, 88, 99, 0), 24},  // 6to4 relays
    block4{at(192, 168, 0, 0), 16},  // private
    block4{at(198, 18, 0, 0), 15},   // benchmarks
    block4{at(198, 51, 100, 0), 24}, // documentation
    block4{at(203, 0, 113, 0), 24},  // documentation
    block4{at(224, 0, 0, 0), 4},     // multicast
    block4{at(240, 0, 0, 0), 4},     // reserved, broadcast
};

bool is_public4(std::uint32_t address) noexcept {
  return std::ranges::none_of(special4, [&](const block4& block) {
    return address >> (32U - block.bits) == block.first >> (32U - block.bits);
  });
}

// Only 2000::/3 is allocated; within it, special-purpose blocks are excluded.
bool is_public6(const ip::address_v6::bytes_type& b) noexcept {
  const bool global = (b[0] & 0xe0U) == 0x20U;
  const bool assignments = b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02; // Teredo among them
  const bool documentation = (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) ||
                             (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);
  const bool six_to_four = b[0] == 0x20 && b[1] == 0x02;
  return global && !assignments && !documentation && !six_to_four;
}

} // namespace

bool is_public(const ip::address& address) noexcept {
  return address.is_v4() ? is_public4(address.to_v4().to_uint())
                         : is_public6(address.to_v6().to_bytes());
}

} // namespace prism::net
