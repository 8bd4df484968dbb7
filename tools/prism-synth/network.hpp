#pragma once

#include "account.hpp"
#include "frames.hpp"
#include "model.hpp"
#include "options.hpp"
#include "random.hpp"

#include <deque>
#include <functional>

namespace prism::synth {

/// A synthetic network: its accounts act at random, and each action is emitted as a frame and
/// reported to the model. The distribution of actors and referents is skewed as in a real network.
class network {
public:
  using frame_sink = std::function<void(const frame& bytes)>;

  /// @param begin time of the first event; with a rate the others follow at equal intervals.
  /// @param expected may be null.
  network(const options& how, frame_sink sink, model* expected, micros begin = default_begin);

  /// Acts until all operations are emitted. Some frames may follow the last one.
  void run();

  /// Performs the next action, of one or more frames, and emits what is due.
  void step();

  static constexpr micros default_begin = 1'732'320'000'000'000; // 2024-11-23T00:00:00Z

  [[nodiscard]] const std::deque<account>& accounts() const noexcept { return accounts_; }
  [[nodiscard]] std::size_t operations() const noexcept { return operations_; }
  [[nodiscard]] std::int64_t last_seq() const noexcept { return seq_; }

private:
  /// A post that others can refer to.
  struct post {
    strong_ref ref;
    std::optional<strong_ref> root;
    bool gated;
    bool alive;
  };
  /// A record that others already refer to and that is emitted later, or never.
  struct promise {
    std::size_t due; ///< number of operations
    std::size_t author;
    operation what;
  };
  using changes = std::vector<operation>;

  /// Number of accounts that must exist by now, including deleted ones.
  [[nodiscard]] std::size_t accounts_due() const;
  void join();
  void act();
  /// The action to take instead when the limit of remembered records is reached.
  [[nodiscard]] action within_bounds(action what) const;
  void leave(account& who);
  void keep_promises();
  void resume_someone();
  [[nodiscard]] changes choose(std::size_t who, action what);
  /// Emits an event of the account itself. @returns false if nothing changes.
  bool change_account(std::size_t who, action what);

  // Operations for one commit; none without a suitable referent.
  [[nodiscard]] changes make_post(std::size_t who, action what);
  [[nodiscard]] changes make_tangle(std::size_t who);
  [[nodiscard]] changes make_again(std::size_t who);
  [[nodiscard]] changes make_gated_post(std::size_t who, action what);
  [[nodiscard]] changes make_subject(std::size_t who, action what);
  [[nodiscard]] changes make_pair(std::size_t who, action what);
  [[nodiscard]] changes make_list(std::size_t who);
  [[nodiscard]] changes make_item(std::size_t who);
  [[nodiscard]] changes make_list_block(std::size_t who);
  [[nodiscard]] changes make_profile(std::size_t who);
  [[nodiscard]] changes edit_post(std::size_t who);
  /// An update of one of its own posts: `change` gets the record. None if the record drawn is no
  /// post.
  [[nodiscard]] changes update_post(std::size_t who, const std::function<void(record&)>& change);
  [[nodiscard]] changes remove_record(std::size_t who);

  void emit(std::size_t who, changes of);
  void note(std::size_t who, const operation& told, bool gated);
  /// @returns its place in posts_.
  std::size_t add_post(post what);
  void bury(std::size_t post);
  void emit_identity(account& who);
  void emit_account(account& who, std::string_view status);

  [[nodiscard]] record blank(atproto::collection kind);
  [[nodiscard]] record post_by(std::size_t who);
  [[nodiscard]] std::string next_rkey(std::size_t who);
  [[nodiscard]] operation created(std::size_t who, record what, std::string rkey = {});
  [[nodiscard]] strong_ref ref_to(std::size_t who, const operation& of) const;
  /// A post that is emitted later, or never. @param parent the post that it answers, if any.
  [[nodiscard]] strong_ref promise_post(const std::optional<strong_ref>& parent = {});
  [[nodiscard]] post* some_post();
  /// A post, emitted or only announced.
  [[nodiscard]] std::optional<strong_ref> some_subject();
  [[nodiscard]] std::size_t some_account();
  [[nodiscard]] std::string some_did(std::size_t but);
  /// One of all posts that are remembered, deleted ones too.
  [[nodiscard]] std::optional<strong_ref> any_post();
  [[nodiscard]] envelope next_envelope(account& who);

  options how_;
  frame_sink sink_;
  model* model_;
  random_source random_;
  random_source clock_random_; // its own, so that clocks change nothing but stamps
  std::deque<account> accounts_;
  std::vector<post> posts_;
  std::vector<promise> promises_;
  std::vector<std::size_t> paused_;
  std::vector<std::size_t> free_posts_; // free indexes in posts_
  micros begin_;
  micros now_;
  std::size_t loose_{0}; // records that can be deleted
  std::size_t fixed_{0}; // records that cannot be deleted
  std::size_t gone_{0};  // deleted accounts
  std::int64_t seq_{0};
  std::size_t operations_{0};
  std::uint64_t rkeys_{0};
};

} // namespace prism::synth
