#include "net/relay/ws_source_options.hpp"

#include "net/endpoint_url.hpp"

#include <string_view>

namespace prism::net {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_timeout = std::chrono::minutes{10};
constexpr milliseconds longest_silence = std::chrono::hours{1};
constexpr std::size_t window_bytes_limit = std::size_t{1} << 30;
constexpr std::size_t least_frame_bytes = 1024;
constexpr std::size_t batch_frames_limit = 1'000'000;

expected<void> in_range(std::string_view name, milliseconds value, milliseconds low,
                        milliseconds high) {
  if (value < low || value > high)
    return fail(errc::invalid, "{} is {} ms, must be in {}..{} ms", name, value.count(),
                low.count(), high.count());
  return {};
}

expected<void> in_range(std::string_view name, std::size_t value, std::size_t low,
                        std::size_t high) {
  if (value < low || value > high)
    return fail(errc::invalid, "{} is {}, must be in {}..{}", name, value, low, high);
  return {};
}

} // namespace

expected<void> validate(const ws_source_options& options) {
  if (auto url = parse_ws_url(options.relay_url); !url)
    return tl::unexpected(url.error());
  constexpr milliseconds one{1};
  const expected<void> checks[] = {
      prism::validate(options.backoff),
      in_range("connect_timeout", options.connect_timeout, one, longest_timeout),
      in_range("idle_timeout", options.idle_timeout, 2 * one, longest_silence),
      in_range("ping_interval", options.ping_interval, one, options.idle_timeout - one),
      in_range("close_timeout", options.close_timeout, one, longest_timeout),
      in_range("max_frame_bytes", options.max_frame_bytes, least_frame_bytes, window_bytes_limit),
      in_range("max_batch_frames", options.max_batch_frames, 1, batch_frames_limit),
      in_range("max_batch_bytes", options.max_batch_bytes, 1, window_bytes_limit),
  };
  for (const auto& check : checks)
    if (!check)
      return check;
  return {};
}

} // namespace prism::net
