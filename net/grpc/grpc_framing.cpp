#include "net/grpc/grpc_framing.hpp"

#include <algorithm>
#include <boost/endian/conversion.hpp>

namespace prism::net {

std::array<char, grpc_prefix_bytes> grpc_prefix(std::uint32_t message_bytes) noexcept {
  std::array<char, grpc_prefix_bytes> out{};
  boost::endian::store_big_u32(reinterpret_cast<unsigned char*>(out.data() + 1), message_bytes);
  return out;
}

std::size_t grpc_message_reader::length() const noexcept {
  return boost::endian::load_big_u32(prefix_.data() + 1);
}

grpc_message_reader::fault grpc_message_reader::take(std::string_view piece) {
  while (prefix_size_ < prefix_.size() && !piece.empty()) {
    prefix_.at(prefix_size_++) = static_cast<unsigned char>(piece.front());
    piece.remove_prefix(1);
    if (prefix_[0] != 0)
      return fault::compressed;
  }
  if (prefix_size_ < prefix_.size())
    return fault::none;
  const auto wanted = length();
  if (wanted > max_bytes_)
    return fault::too_large;
  if (piece.size() > wanted - message_.size())
    return fault::second_message;
  const auto needed = message_.size() + piece.size();
  if (needed > message_.capacity())
    message_.reserve(std::min(wanted, std::max(needed, 2 * message_.size())));
  message_.append(piece);
  return fault::none;
}

grpc_message_reader::fault grpc_message_reader::end() const noexcept {
  if (prefix_size_ == 0)
    return fault::no_message;
  return prefix_size_ < prefix_.size() || message_.size() < length() ? fault::truncated
                                                                     : fault::none;
}

} // namespace prism::net
