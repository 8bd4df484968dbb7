#include "atproto/cbor/cbor_head.hpp"
#include "atproto/frame/frame_header.hpp"
#include "atproto/text/utf8.hpp"

#include <cmath>

namespace prism::atproto {
namespace {

// Whether the input is a whole message.
enum class extent { whole, beginning };

// Walks the top level of a payload.
class payload_walk {
public:
  payload_walk(std::span<const std::byte> input, std::size_t offset) noexcept
      : input_(input), offset_(offset) {}

  [[nodiscard]] expected<void> run(frame_peek& found, extent part) {
    cbor_head map;
    if (!head(map) || map.major != cbor_major::map)
      return refuse("payload is not a map");
    const bool is_commit = found.kind == frame_kind::commit;
    const auto enough = [&] {
      return part == extent::beginning && found.seq >= 0 && !found.did.empty();
    };
    for (std::uint64_t i = 0; i < map.argument && !enough(); ++i) {
      std::string_view key;
      if (!text(key))
        return refuse("map key");
      if (key == "seq") {
        if (!positive(found.seq))
          return refuse("'seq' must be a positive integer of at most 53 bits");
      } else if (key == "repo" ? is_commit : key == "did" && !is_commit) {
        if (!text(found.did) || !is_utf8(found.did))
          return refuse("DID must be text");
      } else if (fault_ = skip_cbor_item(input_, offset_, cbor_rules::received);
                 fault_ != cbor_fault::none) {
        return refuse("payload");
      }
    }
    // Otherwise a truncated frame would replace the whole frame of the same seq.
    if (part == extent::whole && offset_ != input_.size()) {
      fault_ = cbor_fault::trailing_bytes;
      return refuse("payload");
    }
    return {};
  }

private:
  [[nodiscard]] tl::unexpected<error> refuse(std::string_view what) const {
    return fail(errc::invalid, "frame: {} ({} at offset {})", what,
                fault_ == cbor_fault::none ? "wrong kind" : describe(fault_), offset_);
  }

  bool head(cbor_head& head) noexcept {
    fault_ = read_cbor_head(input_, offset_, head, cbor_rules::received);
    if (fault_ != cbor_fault::none)
      return false;
    offset_ += head.size;
    return true;
  }

  bool text(std::string_view& value) noexcept {
    cbor_head string;
    if (!head(string) || string.major != cbor_major::text)
      return false;
    if (string.argument > input_.size() - offset_) {
      fault_ = cbor_fault::truncated;
      return false;
    }
    value = {reinterpret_cast<const char*>(input_.data()) + offset_, string.argument};
    offset_ += string.argument;
    if (value.starts_with(byte_order_mark))
      value.remove_prefix(byte_order_mark.size());
    return true;
  }

  bool positive(std::int64_t& value) noexcept {
    constexpr auto greatest = static_cast<std::uint64_t>(frame_limits::max_seq);
    cbor_head number;
    if (!head(number))
      return false;
    if (number.is_float()) {
      const double whole = float_of(number);
      if (!(whole >= 1 && whole <= static_cast<double>(greatest)) || std::trunc(whole) != whole)
        return false;
      number.argument = static_cast<std::uint64_t>(whole);
    } else if (number.major != cbor_major::uint || number.argument == 0 ||
               number.argument > greatest) {
      return false;
    }
    value = static_cast<std::int64_t>(number.argument);
    return true;
  }

  std::span<const std::byte> input_;
  std::size_t offset_;
  cbor_fault fault_ = cbor_fault::none;
};

expected<frame_peek> peek(std::span<const std::byte> input, extent part) {
  const auto header = read_frame_header(input);
  if (!header)
    return tl::unexpected(header.error());
  frame_peek found{.kind = header->kind, .seq = -1, .did = {}};
  if (header->kind == frame_kind::error || header->kind == frame_kind::info)
    return found;
  if (const auto walked = payload_walk{input, header->size}.run(found, part); !walked)
    return tl::unexpected(walked.error());
  return found;
}

} // namespace

expected<frame_peek> peek_frame(std::span<const std::byte> input) {
  return peek(input, extent::whole);
}

expected<frame_peek> peek_frame_beginning(std::span<const std::byte> input) {
  return peek(input, extent::beginning);
}

} // namespace prism::atproto
