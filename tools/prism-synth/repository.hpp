#pragma once

#include "atproto/syntax/tid.hpp"
#include "records.hpp"
#include "signing_key.hpp"
#include "tree.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prism::synth {

enum class change { create, update, remove };

/// An operation before it is committed.
struct operation {
  change action{change::create};
  std::string rkey;
  std::shared_ptr<const record> what; ///< for a removal: the removed record
  std::vector<std::byte> block;       ///< encoded; empty for a removal
  atproto::cid id;                    ///< of the block
  std::optional<atproto::cid> prev;   ///< the replaced or removed version
};

/// A commit, ready to be emitted.
struct commit {
  std::string rev;
  std::optional<std::string> since;
  std::optional<atproto::cid> prev_data;
  atproto::cid id;
  std::vector<std::byte> car;      ///< the commit, new records, and proofs of the operations
  std::vector<std::byte> head_car; ///< the commit alone, for #sync
};

/// The signed repository of one account, as its PDS has it.
class repository {
public:
  repository(std::string did, const signing_key& key) : did_(std::move(did)), key_(key) {}

  /// Applies operations and signs the result. Each operation must match the state of the
  /// repository.
  /// @param rev after that of the commit before.
  [[nodiscard]] commit apply(const std::vector<operation>& operations, atproto::tid rev);

  /// Releases the memory of a repository without further commits.
  void forget() { records_ = tree{}; }

  /// Whether nothing has been committed.
  [[nodiscard]] bool is_new() const noexcept { return !rev_; }

  [[nodiscard]] const signing_key& key() const noexcept { return key_; }

private:
  [[nodiscard]] block sign(const std::string& rev);

  std::string did_;
  signing_key key_;
  tree records_;
  std::optional<std::string> rev_;
};

} // namespace prism::synth
