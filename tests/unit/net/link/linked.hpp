#pragma once

#include "net/link/links.hpp"
#include "tests/unit/net/tunnel/world.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace prism::net::test {

[[nodiscard]] inline frame_bytes frame(std::size_t size, char fill = 'x') {
  return std::make_shared<const std::vector<std::byte>>(
      size, std::byte{static_cast<unsigned char>(fill)});
}

[[nodiscard]] inline link_message message(std::int64_t number,
                                          std::vector<frame_bytes> payload = {}) {
  return {.head = {{"kind", "test"}, {"n", number}}, .payload = std::move(payload)};
}

/// A node's links and what they reported.
class linked_node {
public:
  struct ended {
    std::string peer;
    link_end why;
    std::string text;
    friend bool operator==(const ended&, const ended&) = default;
  };

  explicit linked_node(links_options options) : id(options.id), name(options.name) {
    it = must(links::start(
        std::move(options),
        {.up =
             [this](const std::string& peer, std::uint16_t version) {
               const std::scoped_lock lock(mutex_);
               ups_.emplace_back(peer, version);
               told_up_.insert(peer);
               log_ += fmt::format("up {};", peer);
             },
         .down =
             [this](const std::string& peer, link_end why, const std::string& text) {
               const std::scoped_lock lock(mutex_);
               downs_.push_back({peer, why, text});
               told_up_.erase(peer);
               log_ += fmt::format("down {} {};", peer, to_string(why));
             },
         .received =
             [this](const std::string& peer, const boost::json::object& head,
                    std::span<const std::byte> payload) {
               const auto* const n = head.if_contains("n");
               const std::scoped_lock lock(mutex_);
               bytes_[peer] += payload.size();
               numbers_[peer].push_back(n != nullptr && n->is_int64() ? n->as_int64() : -1);
               last_.assign(payload.begin(), payload.end());
             }}));
  }
  linked_node(const linked_node&) = delete;
  linked_node& operator=(const linked_node&) = delete;
  ~linked_node() { it.reset(); }

  [[nodiscard]] link_peer as_peer() const {
    return {.id = id, .name = name, .address = fmt::format("127.0.0.1:{}", it->port())};
  }
  /// Which links came and went: "up b;down b lost;".
  [[nodiscard]] std::string log() const {
    const std::scoped_lock lock(mutex_);
    return log_;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::uint16_t>> ups() const {
    const std::scoped_lock lock(mutex_);
    return ups_;
  }
  /// Whether the last report of a peer says that its link is up. It follows connected(), on another
  /// thread.
  [[nodiscard]] bool told_up(const std::string& peer) const {
    const std::scoped_lock lock(mutex_);
    return told_up_.contains(peer);
  }
  [[nodiscard]] std::vector<ended> downs() const {
    const std::scoped_lock lock(mutex_);
    return downs_;
  }
  [[nodiscard]] std::size_t downs(link_end why) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(downs(), [&](const auto& each) { return each.why == why; }));
  }
  [[nodiscard]] std::vector<std::int64_t> numbers_of(const std::string& peer) const {
    const std::scoped_lock lock(mutex_);
    const auto at = numbers_.find(peer);
    return at == numbers_.end() ? std::vector<std::int64_t>{} : at->second;
  }
  [[nodiscard]] std::size_t bytes_of(const std::string& peer) const {
    const std::scoped_lock lock(mutex_);
    const auto at = bytes_.find(peer);
    return at == bytes_.end() ? 0 : at->second;
  }
  [[nodiscard]] std::vector<std::byte> last_payload() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }
  /// How often attempts and links with a peer ended for a reason.
  [[nodiscard]] std::uint64_t ended_with(const std::string& peer, link_end why) const {
    for (const auto& each : it->stats())
      if (each.peer.id == peer)
        return each.ended.at(static_cast<std::size_t>(why));
    return 0;
  }
  [[nodiscard]] std::uint64_t refused(link_end why) const {
    return it->totals().refused.at(static_cast<std::size_t>(why));
  }

  std::string id;
  std::string name;
  std::unique_ptr<links> it;

private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::uint16_t>> ups_;
  std::vector<ended> downs_;
  std::set<std::string> told_up_;
  std::map<std::string, std::vector<std::int64_t>> numbers_;
  std::map<std::string, std::size_t> bytes_;
  std::vector<std::byte> last_;
  std::string log_;
};

/// An authority and what a node of it needs.
class cluster_of_links {
public:
  /// @param id "a" < "b": who dials.
  [[nodiscard]] links_options options(const std::string& id, const std::string& name = "") {
    const auto who = name.empty() ? "node-" + id : name;
    if (!issued_.contains(who))
      issued_.emplace(who, ca.issue(who, certificate_role::node, {"127.0.0.1", "localhost"}));
    return with(issued_.at(who), id, who);
  }
  [[nodiscard]] links_options with(const credentials& own, const std::string& id,
                                   const std::string& name) const {
    return {.id = id,
            .name = name,
            .ca_file = ca.ca(),
            .certificate_file = own.certificate,
            .key_file = own.key,
            .crl_file = ca.crl()};
  }

  test_authority ca;

private:
  std::map<std::string, credentials> issued_;
};

/// Tells all of them of all others.
inline void introduce(const std::vector<const linked_node*>& all) {
  std::vector<link_peer> peers;
  peers.reserve(all.size());
  for (const auto* const each : all)
    peers.push_back(each->as_peer());
  for (const auto* const each : all)
    each->it->set_peers(peers);
}

/// Whether both have a link with each other, and were told so.
[[nodiscard]] inline bool linked(const linked_node& a, const linked_node& b) {
  return a.it->connected(b.id) && b.it->connected(a.id) && a.told_up(b.id) && b.told_up(a.id);
}

} // namespace prism::net::test
