#include "net/link/link_framing.hpp"

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <string_view>
#include <utility>

namespace prism::net {

namespace {

constexpr std::size_t outer_size = sizeof(std::uint32_t);
constexpr std::size_t head_size = sizeof(std::uint16_t);
constexpr std::size_t smallest_space = std::size_t{16} * 1024; // of a TLS record
constexpr std::size_t kept_space = std::size_t{256} * 1024;
constexpr std::size_t max_depth = 8; // of the JSON

expected<boost::json::object> parse_head(std::span<const std::byte> bytes) {
  boost::json::error_code problem;
  boost::json::parse_options options;
  options.max_depth = max_depth;
  auto value = boost::json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                  problem, {}, options);
  if (problem)
    return fail(errc::invalid, "the head of a message is no JSON: {}", problem.message());
  auto* const object = value.if_object();
  const auto* const kind = object != nullptr ? object->if_contains("kind") : nullptr;
  if (kind == nullptr || !kind->is_string())
    return fail(errc::invalid, "the head of a message names no kind");
  return std::move(*object);
}

} // namespace

expected<std::vector<std::byte>> encode_link_head(const link_message& message) {
  const std::string head = boost::json::serialize(message.head);
  if (head.size() > link_limits::max_head)
    return fail(errc::limit, "the head of a message has {} bytes, more than {}", head.size(),
                link_limits::max_head);
  std::size_t size = head_size + head.size();
  for (const auto& each : message.payload)
    size += each->size();
  if (size > link_limits::max_message)
    return fail(errc::limit, "a message has {} bytes, more than {}", size,
                link_limits::max_message);
  std::vector<std::byte> out;
  out.reserve(outer_size + head_size + head.size());
  std::array<unsigned char, outer_size + head_size> sizes{};
  boost::endian::store_big_u32(sizes.data(), static_cast<std::uint32_t>(size));
  boost::endian::store_big_u16(sizes.data() + outer_size, static_cast<std::uint16_t>(head.size()));
  const auto begin = std::as_bytes(std::span{sizes});
  out.insert(out.end(), begin.begin(), begin.end());
  const auto text = std::as_bytes(std::span{head});
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

std::span<std::byte> link_reader::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kept_space)
      buffer_ = std::vector<std::byte>{};
  }
  if (buffer_.size() - end_ >= smallest_space)
    return std::span{buffer_}.subspan(end_);
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < smallest_space)
    buffer_.resize(std::max(end_ + smallest_space, std::min(2 * end_, wanted_)));
  return std::span{buffer_}.subspan(end_);
}

expected<std::optional<link_reader::found>> link_reader::next() {
  const auto rest = std::span<const std::byte>{buffer_}.subspan(begin_, held());
  if (rest.size() < outer_size + head_size)
    return std::nullopt;
  const auto* const sizes = reinterpret_cast<const unsigned char*>(rest.data());
  const std::size_t size = boost::endian::load_big_u32(sizes);
  const std::size_t head = boost::endian::load_big_u16(sizes + outer_size);
  if (size > link_limits::max_message)
    return fail(errc::limit, "a message of {} bytes exceeds the limit of {}", size,
                link_limits::max_message);
  if (size < head_size + head)
    return fail(errc::invalid, "a head of {} bytes is larger than its message of {}", head, size);
  wanted_ = outer_size + size;
  if (rest.size() < wanted_)
    return std::nullopt;
  auto parsed = parse_head(rest.subspan(outer_size + head_size, head));
  if (!parsed)
    return tl::unexpected(parsed.error());
  begin_ += std::exchange(wanted_, 0);
  return found{.head = std::move(*parsed),
               .payload = rest.subspan(outer_size + head_size + head, size - head_size - head)};
}

} // namespace prism::net
