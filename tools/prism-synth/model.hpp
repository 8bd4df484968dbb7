#pragma once

#include "repository.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace prism::synth {

/// The expected state after all events, kept in the simplest form: all existing records, from which
/// the rows of the official AppView's tables are derived at the end. Shares no code with db/. Only
/// gate results depend on the past; they are evaluated when a post arrives. What came first is a
/// question of the place in the stream; the times of events are only shown.
class model {
public:
  /// An #identity event; the handle equals that of the directory.
  void identity(std::string_view did, micros time, const std::string& handle);
  /// An #account event except a deletion; without a status the account is active.
  void account_status(std::string_view did, const std::optional<std::string>& status);
  /// A #sync event.
  void sync(std::string_view did, micros time);
  void commit(std::string_view did, micros time, const struct commit& made,
              const std::vector<operation>& operations);
  /// Deletes an account with all its records, except the head of its repository.
  void account_deleted(std::string_view did);

  /// Called for each row, in an order that depends on the rows only.
  using row_sink = std::function<void(std::string_view table, const std::string& json)>;
  void rows(const row_sink& sink) const;

  /// Records whose referent does not exist.
  [[nodiscard]] std::size_t waiting() const;

private:
  /// A notification that a post causes.
  struct notice {
    std::string recipient;
    std::string_view reason;
    std::optional<std::string> subject;
  };
  struct stored {
    std::shared_ptr<const record> what;
    std::string did;
    std::string rkey;
    atproto::cid cid;
    micros indexed_at{0};
    std::uint64_t place{0}; ///< in the stream
    bool breaks_thread_gate{false};
    bool breaks_post_gate{false};
    bool wrong_root{false};
    std::vector<notice> notices{};
  };
  struct head {
    std::string rev;
    atproto::cid cid;
  };
  struct actor {
    std::string handle;
    micros indexed_at{0};
    bool redated{false}; ///< another event may date it: `indexed_at` is not known
    std::optional<std::string> status;
  };
  using record_map = std::map<std::string, stored, std::less<>>;
  /// Records of one kind by content: all duplicates, the counted one first.
  using same_map = std::map<std::string, std::vector<const record_map::value_type*>, std::less<>>;
  using same_maps = std::map<atproto::collection, same_map>;

  /// An event whose stamp is far from that of the account's identity can cause another lookup of
  /// the identity, at a time that no model knows.
  void note_stamp(std::string_view did, micros time);
  void put(stored row, const std::string& uri);
  void remove(const std::string& uri);
  /// Follows and list members as "a b", with the number of records of each.
  void note_pair(const stored& row, int change);

  /// Values that are fixed when a post arrives.
  void apply_gates(stored& post) const;
  [[nodiscard]] bool breaks_thread_gate(const stored& reply) const;
  [[nodiscard]] bool breaks_post_gate(const stored& quote) const;
  [[nodiscard]] bool wrong_root(const stored& reply) const;
  [[nodiscard]] std::vector<notice> notices_of(const stored& post) const;

  [[nodiscard]] const stored* find(std::string_view uri) const;
  [[nodiscard]] bool said(const std::string& pair) const { return pairs_.contains(pair); }
  [[nodiscard]] same_maps same_of_all() const;
  /// Whether its referent exists, so that it counts.
  [[nodiscard]] bool counts(const stored& row) const;

  void post_rows(const row_sink& sink) const;
  void quote_rows(const row_sink& sink, const std::string& uri, const stored& row) const;
  void relation_rows(const row_sink& sink, const same_maps& relations) const;
  void document_rows(const row_sink& sink) const;
  void record_rows(const row_sink& sink) const;
  void notice_rows(const row_sink& sink, const same_maps& relations) const;

  record_map records_;
  std::map<std::string, int, std::less<>> pairs_;
  std::map<std::string, head, std::less<>> heads_;
  std::map<std::string, actor, std::less<>> actors_;
  std::uint64_t operations_{0};
};

} // namespace prism::synth
