#include "net/grpc/grpc_stream.hpp"

#include "net/grpc/grpc_headers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace prism::net {

namespace {

// What HTTP/2 adds for a field.
constexpr std::size_t field_bytes = 32;

// A call keeps it while others are answered.
constexpr std::size_t max_path_bytes = 256;

} // namespace

void grpc_stream::take_header(std::string_view name, std::string_view value,
                              std::size_t max_bytes) {
  header_bytes_ += name.size() + value.size() + field_bytes;
  if (header_bytes_ > max_bytes || now_in != phase::heading) // else: of the trailers
    return;
  if (name == ":method") {
    is_post_ = value == "POST";
  } else if (name == ":path") {
    path_.assign(value.substr(0, max_path_bytes)); // no method has so long a name
  } else if (name == "content-type") {
    is_grpc_ = is_grpc_content_type(value);
  } else if (name == "grpc-encoding") {
    is_encoded_ = value != "identity";
  } else if (name == "grpc-timeout") {
    const auto timeout = parse_grpc_timeout(value);
    bad_timeout_ = !timeout;
    if (timeout)
      deadline = since + std::chrono::duration_cast<steady_clock::duration>(*timeout);
  }
}

std::optional<grpc_refusal> grpc_stream::end_headers(const grpc_server_options& options) {
  now_in = phase::receiving;
  if (header_bytes_ > options.max_header_bytes)
    return grpc_refusal{
        "431", grpc_status::resource_exhausted,
        fmt::format("the headers have more than {} bytes", options.max_header_bytes)};
  if (!is_post_)
    return grpc_refusal{"405", grpc_status::internal, "the method is not POST"};
  if (!is_grpc_)
    return grpc_refusal{"415", grpc_status::internal,
                        "the content-type is not application/grpc or application/grpc+proto"};
  if (bad_timeout_)
    return grpc_refusal{"200", grpc_status::internal, "the header grpc-timeout is malformed"};
  return std::nullopt;
}

std::optional<grpc_refusal> grpc_stream::take_body(std::string_view piece) {
  return refusal_for(body_.take(piece));
}

std::optional<grpc_refusal> grpc_stream::end_body() {
  return refusal_for(body_.end());
}

std::optional<grpc_refusal> grpc_stream::refusal_for(grpc_message_reader::fault fault) const {
  using what = grpc_message_reader::fault;
  const auto refused = [](grpc_status status, std::string_view text) {
    return grpc_refusal{"200", status, std::string{text}};
  };
  switch (fault) {
  case what::none:
    return std::nullopt;
  case what::too_large:
    return refused(grpc_status::resource_exhausted, "the message is too large");
  case what::compressed:
    return is_encoded_ ? refused(grpc_status::unimplemented, "compression is not supported")
                       : refused(grpc_status::internal,
                                 "the message is marked as compressed without grpc-encoding");
  case what::second_message:
    return refused(grpc_status::unimplemented, "more than one message in a unary call");
  case what::no_message:
    return refused(grpc_status::unimplemented, "no message in a unary call");
  case what::truncated:
    return refused(grpc_status::internal, "the body ended within the message");
  }
  return std::nullopt;
}

grpc_call grpc_stream::release() noexcept {
  now_in = phase::running;
  grpc_call out;
  out.path = std::move(path_);
  out.message = body_.release();
  out.deadline = deadline;
  return out;
}

void grpc_stream::set_answer(std::string message) noexcept {
  answer_ = std::move(message);
  prefix_ = grpc_prefix(static_cast<std::uint32_t>(answer_.size()));
}

std::size_t grpc_stream::left() const noexcept {
  return prefix_.size() + answer_.size() - sent_;
}

void grpc_stream::append_part(std::string& out, std::size_t count) {
  if (sent_ < prefix_.size()) {
    const auto part = std::min(count, prefix_.size() - sent_);
    out.append(prefix_.data() + sent_, part);
    sent_ += part;
    count -= part;
  }
  if (count > 0)
    out.append(answer_, sent_ - prefix_.size(), count);
  sent_ += count;
}

} // namespace prism::net
