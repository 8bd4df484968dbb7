#include "atproto/cbor/cbor_head.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace prism::atproto {

std::string_view describe(cbor_fault fault) noexcept {
  switch (fault) {
  case cbor_fault::none:
    return "no fault";
  case cbor_fault::truncated:
    return "the input ends inside an item";
  case cbor_fault::not_shortest:
    return "a number or length is not in its shortest form";
  case cbor_fault::indefinite_length:
    return "indefinite lengths are not allowed";
  case cbor_fault::reserved_head:
    return "reserved additional information (28 to 30)";
  case cbor_fault::floating_point:
    return "floating-point numbers are not allowed";
  case cbor_fault::not_a_number:
    return "NaN and infinities are not allowed";
  case cbor_fault::simple_value:
    return "simple value other than false, true and null";
  case cbor_fault::integer_range:
    return "integer outside the signed 64-bit range";
  case cbor_fault::not_utf8:
    return "text is not valid UTF-8";
  case cbor_fault::key_not_text:
    return "map key is not text";
  case cbor_fault::key_order:
    return "map keys are not sorted by length, then bytes";
  case cbor_fault::key_duplicate:
    return "duplicate map key";
  case cbor_fault::tag:
    return "tag other than 42";
  case cbor_fault::link_form:
    return "tag 42 must hold a byte string that begins with 0x00";
  case cbor_fault::link_cid:
    return "link is not a CIDv1 (dag-cbor or raw) with sha2-256";
  case cbor_fault::depth_limit:
    return "nested too deeply";
  case cbor_fault::node_limit:
    return "too many items";
  case cbor_fault::size_limit:
    return "input too large";
  case cbor_fault::trailing_bytes:
    return "bytes follow the item";
  }
  return "unknown fault";
}

cbor_fault read_cbor_head(std::span<const std::byte> input, std::size_t offset, cbor_head& head,
                          cbor_rules rules) noexcept {
  constexpr unsigned one_byte = 24;
  constexpr unsigned eight_bytes = 27;
  constexpr unsigned indefinite = 31;

  if (offset >= input.size())
    return cbor_fault::truncated;
  const auto initial = std::to_integer<unsigned>(input[offset]);
  const unsigned info = initial & 0x1FU;
  head.major = static_cast<cbor_major>(initial >> 5U);
  head.size = 1;
  head.argument = info;
  if (info < one_byte) {
    const bool known = info == cbor_simple::no || info == cbor_simple::yes ||
                       info == cbor_simple::null ||
                       (info == cbor_simple::undefined && rules == cbor_rules::received);
    return head.major == cbor_major::simple && !known ? cbor_fault::simple_value : cbor_fault::none;
  }
  if (info > eight_bytes)
    return info == indefinite ? cbor_fault::indefinite_length : cbor_fault::reserved_head;
  if (head.major == cbor_major::simple && info == one_byte)
    return cbor_fault::simple_value;
  if (head.major == cbor_major::simple && rules == cbor_rules::canonical)
    return cbor_fault::floating_point;
  const std::size_t length = std::size_t{1} << (info - one_byte);
  if (input.size() - offset - 1 < length)
    return cbor_fault::truncated;
  std::uint64_t value = 0;
  for (const auto byte : input.subspan(offset + 1, length))
    value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
  head.size = static_cast<std::uint8_t>(1 + length);
  head.argument = value;
  if (head.major == cbor_major::simple) // a float, each width of which has a meaning of its own
    return cbor_fault::none;
  const bool shortest = length == 1 ? value >= one_byte : (value >> (length * 4U)) != 0;
  return shortest ? cbor_fault::none : cbor_fault::not_shortest;
}

double float_of(const cbor_head& head) noexcept {
  constexpr std::uint8_t half = 3;
  constexpr std::uint8_t single = 5;
  if (head.size == single)
    return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
  if (head.size != half)
    return std::bit_cast<double>(head.argument);
  // RFC 8949, appendix D.
  const auto exponent = static_cast<int>((head.argument >> 10U) & 0x1FU);
  const auto fraction = static_cast<double>(head.argument & 0x3FFU);
  double value = std::numeric_limits<double>::infinity();
  if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else if (exponent != 31)
    value = std::ldexp(fraction + 1024, exponent - 25);
  else if (fraction != 0)
    value = std::numeric_limits<double>::quiet_NaN();
  return (head.argument & 0x8000U) != 0 ? -value : value;
}

cbor_fault skip_cbor_item(std::span<const std::byte> input, std::size_t& offset,
                          cbor_rules rules) noexcept {
  std::uint64_t pending = 1;
  while (pending > 0) {
    cbor_head head;
    if (const auto fault = read_cbor_head(input, offset, head, rules); fault != cbor_fault::none)
      return fault;
    offset += head.size;
    --pending;
    // Every item takes a byte at least, so more than this is a lie; and as each container adds no
    // more than that to what is pending, the sum cannot overflow before the input has ended.
    const std::size_t room = input.size() - offset;
    const bool counts = head.major != cbor_major::uint && head.major != cbor_major::nint &&
                        head.major != cbor_major::tag && head.major != cbor_major::simple;
    if (counts && head.argument > room)
      return cbor_fault::truncated;
    switch (head.major) {
    case cbor_major::bytes:
    case cbor_major::text:
      offset += head.argument;
      break;
    case cbor_major::array:
      pending += head.argument;
      break;
    case cbor_major::map:
      pending += 2 * head.argument;
      break;
    case cbor_major::tag:
      ++pending;
      break;
    case cbor_major::uint:
    case cbor_major::nint:
    case cbor_major::simple:
      break;
    }
  }
  return cbor_fault::none;
}

} // namespace prism::atproto
