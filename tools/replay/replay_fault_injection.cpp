// The faults that a replay_session injects.

#include "tools/replay/event_frames.hpp"
#include "tools/replay/replay_session.hpp"

#include <algorithm>
#include <random>
#include <string_view>

namespace prism::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t garbage_bytes = 1000;
constexpr std::string_view text_message = "this is text, which no firehose sends";

std::vector<std::byte> random_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::mt19937 random(static_cast<std::mt19937::result_type>(size));
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(random()); });
  return bytes;
}

std::vector<std::byte> as_bytes(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

} // namespace

asio::awaitable<void> replay_session::strike(const replay_fault& fault) {
  switch (fault.kind) {
  case fault_kind::clean_close:
    co_await close();
    break;
  case fault_kind::reset: {
    error_code ignored;
    ws_.next_layer().next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    end_text_ = "reset by an injected fault";
    cut();
    break;
  }
  case fault_kind::half_open: {
    half_open_ = true;
    error_code ignored;
    ws_.next_layer().next_layer().cancel(ignored);
    co_await until_ended();
    break;
  }
  case fault_kind::garbage:
    co_await send(random_bytes(garbage_bytes));
    break;
  case fault_kind::text:
    co_await send(as_bytes(text_message), false);
    break;
  case fault_kind::truncated: {
    auto nearest = state_.source->at(fault.at).frame;
    if (!nearest && fault.at > 0)
      nearest = state_.source->at(fault.at - 1).frame;
    auto frame = nearest ? *nearest : make_info_frame("truncated", "an empty corpus");
    frame.resize(frame.size() / 2);
    co_await send(std::move(frame));
    break;
  }
  case fault_kind::oversized:
    co_await send(std::vector<std::byte>(oversized_fault_bytes));
    break;
  case fault_kind::error_frame:
    co_await send(make_error_frame(fault.error_name, "injected by prism-replay"));
    co_await close();
    break;
  case fault_kind::delay_accept:
    break;
  }
}

} // namespace prism::net
