#include "net/tunnel/token.hpp"

#include <array>
#include <openssl/rand.h>

namespace prism::net {

expected<std::string> make_token() {
  std::array<unsigned char, 32> bits{};
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1)
    return fail(errc::fatal, "cannot read random bytes from the system");
  std::string out;
  for (const auto each : bits)
    out += fmt::format("{:02x}", each);
  return out;
}

} // namespace prism::net
