#pragma once

#include "atproto/cbor/json_codec.hpp"
#include "atproto/frame/frame.hpp"
#include "tests/unit/atproto/repo/car_maker.hpp"

#include <boost/json.hpp>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::test {

inline constexpr std::string_view commit_time = "2026-11-23T10:49:07.112Z";
inline constexpr std::int64_t commit_micros = 1'795'430'947'112'000;
inline constexpr std::string_view commit_rev = "3kdgeujwlq32y";

/// Makes the frame of one commit of `did`. The frame has views into this object, which must outlive
/// it.
class commit_maker {
public:
  explicit commit_maker(std::string did) : did_(std::move(did)) {}

  /// Adds an operation that creates `record` (the data model's JSON form) at `collection`/`rkey`.
  commit_maker& create(std::string_view collection, std::string_view rkey,
                       const boost::json::value& record) {
    auto& block = blocks_.emplace_back(atproto::from_json(record).value());
    add(atproto::repo_action::create, collection, rkey).record = atproto::cid::of_dag_cbor(block);
    return *this;
  }

  /// Adds an operation that deletes the record at `collection`/`rkey`.
  commit_maker& remove(std::string_view collection, std::string_view rkey) {
    add(atproto::repo_action::remove, collection, rkey);
    return *this;
  }

  /// Leaves the blocks of the records out of the frame.
  commit_maker& without_blocks() {
    has_blocks_ = false;
    return *this;
  }

  [[nodiscard]] atproto::commit_frame frame() {
    const auto commit = atproto::cid::of_dag_cbor({});
    car_ = make_car({commit}, has_blocks_ ? blocks_ : std::vector<std::vector<std::byte>>{});
    return {.seq = 77,
            .repo = did_,
            .rev = commit_rev,
            .since = {},
            .time = commit_time,
            .commit = commit,
            .prev_data = {},
            .too_big = false,
            .ops = ops_,
            .blocks = car_};
  }

private:
  atproto::repo_op& add(atproto::repo_action action, std::string_view collection,
                        std::string_view rkey) {
    const auto& path = paths_.emplace_back(std::string{collection} + '/' + std::string{rkey});
    const std::string_view text = path;
    return ops_.emplace_back(atproto::repo_op{.action = action,
                                              .path = text,
                                              .collection = text.substr(0, collection.size()),
                                              .rkey = text.substr(collection.size() + 1),
                                              .record = {},
                                              .prev = {}});
  }

  std::string did_;
  std::deque<std::string> paths_; // a deque, so that views stay valid
  std::vector<std::vector<std::byte>> blocks_;
  std::vector<std::byte> car_;
  std::vector<atproto::repo_op> ops_;
  bool has_blocks_{true};
};

} // namespace prism::test
