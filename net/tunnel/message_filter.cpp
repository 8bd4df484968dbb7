#include "net/tunnel/message_filter.hpp"

#include <algorithm>
#include <climits>
#include <fmt/format.h>
#include <string_view>

namespace prism::net {

namespace {

constexpr std::uint16_t any = 0x100;
/// The first byte of a header.
enum kind : std::uint8_t {
  client_handshake = 1, // says which process the client is
  direct_message = 2,   // from actor to actor
  monitor_message = 4,  // the client wants to know when an actor ends
  down_message = 5,     // one of the client's has ended
  heartbeat = 6
};

using bytes_or_any = std::vector<std::uint16_t>;

void add(bytes_or_any& to, std::string_view bytes) {
  for (const char each : bytes)
    to.push_back(static_cast<unsigned char>(each));
}

// An id of a process: the name 'default' as a number, the process's, the machine's.
void add_node_id(bytes_or_any& to) {
  constexpr std::size_t rest = 4 + 20;
  add(to, std::string_view{"\x00\x00\x3e\x9a\xab\x9b\xac\x79", 8});
  to.insert(to.end(), rest, any);
}

bytes_or_any node_ids(std::size_t count) {
  bytes_or_any out;
  for (std::size_t i = 0; i < count; ++i)
    add_node_id(out);
  return out;
}

// Whose actor has ended, and an error (code and category) without a message in it.
bytes_or_any end_of_actor() {
  constexpr std::size_t code_and_category = 1 + 8;
  auto out = node_ids(2);
  out.insert(out.end(), code_and_category, any);
  add(out, std::string_view{"\x00\x00\x03@<>", 6});
  return out;
}

// No actors through which it is to pass, a type without a number, and the names of its types.
bytes_or_any content(std::string_view names) {
  bytes_or_any out{0, 0, 0};
  auto size = names.size();
  for (; size >= 0x80; size >>= 7U)
    out.push_back(static_cast<std::uint16_t>((size & 0x7FU) | 0x80U));
  out.push_back(static_cast<std::uint16_t>(size));
  add(out, names);
  return out;
}

const bytes_or_any& one_node() {
  static const auto out = node_ids(1);
  return out;
}

const bytes_or_any& two_nodes() {
  static const auto out = node_ids(2);
  return out;
}

const bytes_or_any& ended() {
  static const auto out = end_of_actor();
  return out;
}

} // namespace

message_filter::message_filter(message_rules rules) : rules_(std::move(rules)) {
  for (const auto& each : rules_.contents)
    contents_.push_back(content(each));
}

bool message_filter::take(std::span<const std::byte> bytes) {
  if (!problem_.empty())
    return false;
  while (!bytes.empty()) {
    if (of_header_ < header_size) {
      const auto part = std::min(header_size - of_header_, bytes.size());
      std::ranges::copy(bytes.first(part),
                        header_.begin() + static_cast<std::ptrdiff_t>(of_header_));
      of_header_ += part;
      bytes = bytes.subspan(part);
      if (of_header_ == header_size && !begin_payload())
        return false;
    } else {
      const auto part = std::min<std::size_t>(size_ - came_, bytes.size());
      if (!take_payload(bytes.first(part)))
        return false;
      bytes = bytes.subspan(part);
    }
    if (of_header_ == header_size && came_ == size_)
      of_header_ = 0;
  }
  return true;
}

bool message_filter::begin_payload() {
  constexpr std::size_t size_at = 4;
  size_ = 0;
  for (std::size_t i = size_at; i < size_at + sizeof size_; ++i)
    size_ = (size_ << CHAR_BIT) | std::to_integer<std::uint32_t>(header_.at(i));
  came_ = 0;
  open_.clear();
  if (size_ > rules_.most)
    return refuse(fmt::format("announced a message of {} bytes, more than {}", size_, rules_.most));
  return contents_.empty() || choose_patterns(std::to_integer<std::uint8_t>(header_.front()));
}

bool message_filter::choose_patterns(std::uint8_t kind) {
  switch (kind) {
  case client_handshake:
    return expect_exactly(one_node());
  case monitor_message:
    return expect_exactly(two_nodes());
  case down_message:
    return expect_exactly(ended());
  case heartbeat:
    return expect_exactly({});
  case direct_message:
    for (const auto& each : contents_)
      if (each.size() <= size_)
        open_.push_back(&each);
    return !open_.empty() || refuse("sent a message with contents that operators do not send");
  default:
    return refuse(fmt::format("sent a message of kind {}, which operators do not send", kind));
  }
}

bool message_filter::expect_exactly(const pattern& whole) {
  if (size_ != whole.size())
    return refuse(fmt::format("sent a message of kind {} with {} bytes instead of {}",
                              std::to_integer<int>(header_.front()), size_, whole.size()));
  if (!whole.empty())
    open_.push_back(&whole);
  return true;
}

bool message_filter::take_payload(std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size() && !open_.empty(); ++i)
    if (!matches(came_ + i, bytes[i]))
      return refuse("sent a message with contents that operators do not send");
  came_ += static_cast<std::uint32_t>(bytes.size());
  return true;
}

// Whether any beginning is left that has this byte there; one that is complete ends the look.
bool message_filter::matches(std::size_t at, std::byte next) {
  std::erase_if(open_, [&](const pattern* each) {
    return (*each)[at] != any && (*each)[at] != std::to_integer<std::uint16_t>(next);
  });
  if (open_.empty())
    return false;
  if (std::ranges::any_of(open_, [&](const pattern* each) { return each->size() == at + 1; }))
    open_.clear();
  return true;
}

bool message_filter::refuse(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

} // namespace prism::net
