#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::synth {

/// Actions of an account, in the order of `action_names`.
enum class action {
  post,
  reply,
  quote,
  tangle,
  again,
  like,
  repost,
  follow,
  block,
  list,
  item,
  listblock,
  threadgate,
  postgate,
  profile,
  edit,
  remove,
  handle,
  pause,
  leave
};
inline constexpr std::size_t action_count = 20;
inline constexpr std::array<std::string_view, action_count> action_names{
    "post",    "reply", "quote",  "tangle", "again",     "like",       "repost",
    "follow",  "block", "list",   "item",   "listblock", "threadgate", "postgate",
    "profile", "edit",  "remove", "handle", "pause",     "leave"};

/// Settings of a live stream.
struct stream_options {
  std::uint32_t rate{0};      ///< frames per second, 1 to 100,000; 0: a corpus is written instead
  double minutes{1};          ///< for which it goes on, from the first client on; to 10,000
  std::size_t window{20'000}; ///< frames kept for cursors
  net::listen_address listen; ///< default: a free port of 127.0.0.1
  std::string port_file;      ///< where to write the port; "" for nowhere
};

struct options {
  std::string base;               ///< files are BASE.frames.zst and so on
  std::size_t accounts{200};      ///< 1 to 1,000,000
  std::size_t operations{10'000}; ///< record operations, 1 to 1,000,000,000
  std::uint64_t seed{1};
  bool oracle{true}; ///< whether to write the expected rows
  /// Whether the clocks of some hosts are wrong (host_clock.hpp).
  bool wrong_clocks{false};
  /// Maximum number of deletable records; from there on each creation causes a deletion. A tenth as
  /// many are permanent.
  std::size_t remember{SIZE_MAX};
  stream_options stream;
  /// Relative frequency of each action.
  std::array<double, action_count> mix{10, 9,   3,   0,   0,   44,  9,   14,   1,   0.6,
                                       2,  0.2, 0.4, 0.3, 0.5, 0.3, 5.0, 0.15, 0.1, 0.02};
};

/// Reads the command line. Errors: those of `tools::read_command_line`.
[[nodiscard]] expected<options> read_options(int argc, const char* const* argv);

} // namespace prism::synth
