#include "net/grpc/grpc_connection.hpp"

#include "net/grpc/grpc_callbacks.hpp"
#include "net/grpc/grpc_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <new>
#include <utility>

namespace prism::net {

namespace {

constexpr std::size_t default_window = 65'535;
constexpr std::size_t largest_window = 0x7fff'ffff;
// Ids of streams end at 2^31 (RFC 9113, 5.1.1), and clients may not expect it: from this one on,
// after some 500 million calls, the client is asked for another connection.
constexpr std::int32_t first_late_stream = 0x4000'0000;

[[nodiscard]] std::int32_t window_of(std::size_t bytes) noexcept {
  return static_cast<std::int32_t>(std::clamp(bytes, default_window, largest_window));
}

[[nodiscard]] std::uint32_t setting_of(std::size_t bytes) noexcept {
  return static_cast<std::uint32_t>(std::min(bytes, largest_window));
}

const nghttp2_nv content_type = http2_literal("content-type", "application/grpc+proto");

} // namespace

grpc_connection::grpc_connection(const grpc_server_options& options, grpc_counters& counters,
                                 events events, time_point now)
    : options_(options), counters_(counters), events_(std::move(events)), now_(now), born_(now),
      idle_since_(now), data_since_(now), next_check_(now), control_since_(now),
      forced_resets_(resets_per_second, reset_burst, now) {
  nghttp2_session* made = nullptr;
  if (nghttp2_session_server_new2(&made, callbacks::table(), this, callbacks::option()) != 0)
    throw std::bad_alloc();
  http2_.reset(made);
  send_settings();
}

grpc_connection::~grpc_connection() {
  abandon();
}

void grpc_connection::send_settings() {
  const auto request = options_.max_message_bytes + grpc_prefix_bytes;
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_streams},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                             static_cast<std::uint32_t>(window_of(request))},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                             setting_of(options_.max_header_bytes)},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  // What has come is counted in `held_`, so the connection's window need not bound it.
  if (nghttp2_submit_settings(http2_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size()) !=
          0 ||
      nghttp2_session_set_local_window_size(http2_.get(), NGHTTP2_FLAG_NONE, 0,
                                            window_of(options_.max_connection_bytes)) != 0)
    throw std::bad_alloc();
}

// -- in --------------------------------------------------------------------------------------

void grpc_connection::receive(std::span<const std::uint8_t> bytes, time_point now) {
  if (failed_)
    return;
  now_ = now;
  const auto taken = nghttp2_session_mem_recv(http2_.get(), bytes.data(), bytes.size());
  if (taken < 0)
    fail(nghttp2_strerror(static_cast<int>(taken)));
  else
    give_calls();
}

void grpc_connection::begin_stream(std::int32_t id) {
  if (id >= first_late_stream)
    begin_drain(now_);
  if (streams_.try_emplace(id, options_, now_).second)
    counters_.calls.fetch_add(1, std::memory_order_relaxed);
}

void grpc_connection::take_header(std::int32_t id, std::string_view name, std::string_view value) {
  // A client knows the limit; one that sends this many times more is an attack.
  constexpr std::size_t far_too_much = 16;
  const auto found = streams_.find(id);
  if (found == streams_.end())
    return;
  auto& stream = found->second;
  stream.take_header(name, value, options_.max_header_bytes);
  if (stream.header_bytes() / far_too_much > options_.max_header_bytes)
    fail("far too large headers");
}

void grpc_connection::take_frame(const nghttp2_frame& frame) {
  const auto type = frame.hd.type;
  const bool is_ack = (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
  if (type == NGHTTP2_SETTINGS && !is_ack)
    greeted_ = true;
  if (type == NGHTTP2_PING && is_ack && drain_until_)
    end_drain();
  if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA)
    return;
  const auto found = streams_.find(frame.hd.stream_id);
  if (found == streams_.end())
    return;
  auto& [id, stream] = *found;
  if (stream.now_in == grpc_stream::phase::heading)
    end_headers(id, stream);
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
    end_request(id, stream);
}

void grpc_connection::end_headers(std::int32_t id, grpc_stream& stream) {
  if (const auto refused = stream.end_headers(options_))
    refuse(id, stream, *refused);
}

void grpc_connection::take_body(std::int32_t id, std::string_view piece) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.now_in != grpc_stream::phase::receiving)
    return;
  auto& stream = found->second;
  if (const auto refused = stream.take_body(piece))
    return refuse(id, stream, *refused);
  hold(stream, piece.size());
}

void grpc_connection::end_request(std::int32_t id, grpc_stream& stream) {
  stream.remote_open = false;
  if (stream.now_in != grpc_stream::phase::receiving)
    return; // refused
  if (const auto refused = stream.end_body())
    return refuse(id, stream, *refused);
  stream.now_in = grpc_stream::phase::ready;
  ready_.push_back(id);
}

// Not from within libnghttp2, so that a call that was given up at once never gets here.
void grpc_connection::give_calls() {
  for (const auto id : std::exchange(ready_, {})) {
    const auto found = streams_.find(id);
    if (failed_ || found == streams_.end() || found->second.now_in != grpc_stream::phase::ready)
      continue;
    auto& stream = found->second;
    if (stream.deadline && *stream.deadline <= now_) {
      send_status(id, stream, "200", grpc_status::deadline_exceeded, "the deadline has passed");
      continue;
    }
    if (stream.deadline)
      check_at(*stream.deadline);
    release(stream);
    stream.is_given = true;
    ++complete_calls_;
    has_called_ = true;
    events_.call(id, stream.release());
  }
}

// -- out -------------------------------------------------------------------------------------

void grpc_connection::collect(std::string& out, time_point now) {
  if (failed_)
    return;
  now_ = now;
  out_ = &out;
  while (out.size() < batch_bytes) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(http2_.get(), &data);
    if (size < 0)
      fail(nghttp2_strerror(static_cast<int>(size)));
    if (size <= 0)
      break;
    out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  out_ = nullptr;
}

void grpc_connection::answer(std::int32_t id, grpc_answer answer, time_point now) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.now_in != grpc_stream::phase::running)
    return;
  now_ = now;
  auto& stream = found->second;
  if (answer.status != grpc_status::ok)
    return send_status(id, stream, "200", answer.status, answer.text);
  if (held_ + answer.message.size() > options_.max_connection_bytes) {
    ++counters_.stalled;
    return send_status(id, stream, "200", grpc_status::unavailable,
                       "more bytes of answers wait on this connection than it may have");
  }
  stream.now_in = grpc_stream::phase::answering;
  stream.since = now;
  hold(stream, answer.message.size());
  stream.set_answer(std::move(answer.message));
  const std::array head{http2_literal(":status", "200"), content_type};
  nghttp2_data_provider body{};
  body.read_callback = callbacks::read_answer;
  if (nghttp2_submit_response(http2_.get(), id, head.data(), head.size(), &body) != 0)
    fail("an answer cannot be sent");
}

ssize_t grpc_connection::offer(std::int32_t id, std::size_t room, std::uint32_t& flags) {
  const auto found = streams_.find(id);
  if (found == streams_.end())
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto size = std::min(room, found->second.left());
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == found->second.left()) {
    flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const auto status = http2_literal("grpc-status", "0");
    if (nghttp2_submit_trailer(http2_.get(), id, &status, 1) != 0)
      return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return static_cast<ssize_t>(size);
}

void grpc_connection::append_data(const nghttp2_frame& frame, const std::uint8_t* head,
                                  std::size_t count) {
  constexpr std::size_t head_bytes = 9;
  auto& stream = streams_.at(frame.hd.stream_id);
  out_->append(reinterpret_cast<const char*>(head), head_bytes);
  stream.append_part(*out_, count);
  stream.since = now_;
  data_since_ = now_;
}

void grpc_connection::send_status(std::int32_t id, grpc_stream& stream,
                                  std::string_view http_status, grpc_status status,
                                  std::string_view text) {
  stream.now_in = grpc_stream::phase::answering;
  stream.since = now_;
  release(stream);
  const auto number = std::to_string(static_cast<int>(status));
  const auto message = encode_grpc_text(text);
  const std::array head{http2_field(":status", http_status), content_type,
                        http2_field("grpc-status", number), http2_field("grpc-message", message)};
  if (nghttp2_submit_response(http2_.get(), id, head.data(), head.size(), nullptr) != 0)
    fail("an answer cannot be sent");
}

void grpc_connection::refuse(std::int32_t id, grpc_stream& stream, const grpc_refusal& why) {
  counters_.bad_requests.fetch_add(1, std::memory_order_relaxed);
  send_status(id, stream, why.http_status, why.status, why.text);
}

void grpc_connection::sent_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR)
    fail(fmt::format("HTTP/2: {}", nghttp2_http2_strerror(frame.goaway.error_code)));
  if (frame.hd.type == NGHTTP2_RST_STREAM)
    count_reset(frame.rst_stream.error_code);
  if (frame.hd.type != NGHTTP2_HEADERS || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
    return;
  const auto found = streams_.find(frame.hd.stream_id);
  // The answer is complete before the request is: the rest of it is not wanted (RFC 9113, 8.1).
  if (found != streams_.end() && found->second.remote_open)
    static_cast<void>(nghttp2_submit_rst_stream(http2_.get(), NGHTTP2_FLAG_NONE, frame.hd.stream_id,
                                                NGHTTP2_NO_ERROR));
}

} // namespace prism::net
