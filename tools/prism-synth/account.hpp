#pragma once

#include "host_clock.hpp"
#include "repository.hpp"

#include <string>
#include <vector>

namespace prism::synth {

/// A record that its account may delete or change: no list, gate or profile.
struct own_record {
  std::shared_ptr<const record> what;
  std::string rkey;
  atproto::cid id;
  std::size_t post{0}; ///< of posts: its number in the network
};

/// A synthetic account. Its clock id makes its TIDs distinct from those of other accounts.
struct account {
  account(std::size_t number, std::string of_did, const signing_key& key)
      : did(std::move(of_did)), handle("user" + std::to_string(number) + ".test"),
        clock_id(number % 1024), repo(did, key) {}

  std::string did;
  std::string handle;
  std::size_t clock_id;
  repository repo;
  host_clock clock{host_clock::right};
  std::optional<micros> first_event; ///< by the time of the network
  bool active{true};
  bool gone{false};
  std::vector<own_record> records;
  std::vector<std::string> lists; ///< uris, emitted ones only
  std::optional<atproto::cid> profile;
};

/// A DID and key derived from a seed and a number. Every eighth key is of P-256.
[[nodiscard]] account make_account(std::uint64_t seed, std::size_t number);

/// The account's DID document as JSON.
[[nodiscard]] std::string did_document(const account& of);

} // namespace prism::synth
