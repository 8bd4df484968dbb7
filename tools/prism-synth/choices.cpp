// Which records accounts create, change and delete.

#include "network.hpp"

#include <array>
#include <fmt/format.h>

namespace prism::synth {

using atproto::collection;

namespace {

constexpr micros day = 86'400'000'000;
constexpr std::array words{"prism",      "naïve", "🦋",       "firehose",    "мир",
                           "こんにちは", "café",  "shard",      "the",         "under",
                           "light",      "שלום",  "\"quoted\"", "back\\slash", "line\nbreak"};
constexpr std::array langs{"en", "ja", "pt-BR", "de"};

[[nodiscard]] std::string some_text(random_source& random) {
  std::string out;
  for (auto count = 1 + random.below(12); count > 0; --count)
    out += fmt::format("{}{}", out.empty() ? "" : " ", words[random.below(words.size())]);
  return out;
}

/// Times as clients write them: mostly in JavaScript's form, some with an offset or more digits.
[[nodiscard]] std::string written(micros time, random_source& random) {
  auto out = iso_text(time);
  if (random.chance(2))
    out.replace(out.size() - 1, 1, "+00:00");
  else if (random.chance(1))
    out.insert(out.size() - 1, "417");
  return out;
}

} // namespace

network::changes network::choose(std::size_t who, action what) {
  switch (what) {
  case action::post:
  case action::reply:
  case action::quote:
    return make_post(who, what);
  case action::tangle:
    return make_tangle(who);
  case action::again:
    return make_again(who);
  case action::threadgate:
  case action::postgate:
    return make_gated_post(who, what);
  case action::like:
  case action::repost:
    return make_subject(who, what);
  case action::follow:
  case action::block:
    return make_pair(who, what);
  case action::list:
    return make_list(who);
  case action::item:
    return make_item(who);
  case action::listblock:
    return make_list_block(who);
  case action::profile:
    return make_profile(who);
  case action::edit:
    return edit_post(who);
  case action::remove:
    return remove_record(who);
  default:
    return {};
  }
}

record network::blank(collection kind) {
  record out{.kind = kind,
             .created_at = now_,
             .created_text = {},
             .text = {},
             .description = {},
             .langs = {},
             .mentions = {},
             .reply_root = {},
             .reply_parent = {},
             .quoted = {},
             .subject = {},
             .subject_did = {},
             .list = {},
             .gated_post = {},
             .rules = {}};
  if (random_.chance(3))
    out.created_at -= day * static_cast<micros>(1 + random_.below(300));
  else if (random_.chance(1))
    out.created_at += day;
  out.created_text = written(out.created_at, random_);
  return out;
}

record network::post_by(std::size_t who) {
  auto out = blank(collection::post);
  out.text = some_text(random_);
  if (random_.chance(60))
    out.langs.emplace_back(langs[random_.below(langs.size())]);
  if (random_.chance(8)) {
    out.text += " @n";
    out.mentions.push_back(some_did(who));
  }
  return out;
}

network::changes network::make_post(std::size_t who, action what) {
  auto out = post_by(who);
  if (what == action::quote)
    out.quoted = some_subject();
  if (what == action::reply) {
    if (random_.chance(3)) {
      out.reply_parent = promise_post();
      out.reply_root = out.reply_parent;
    } else if (const auto* parent = some_post()) {
      out.reply_parent = parent->ref;
      out.reply_root = parent->root ? parent->root : parent->ref;
    }
  }
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

// With the promise that answers it, with itself, or by an update, it makes circles.
network::changes network::make_tangle(std::size_t who) {
  const auto draw = [&](const std::optional<strong_ref>& own) {
    if (own && random_.chance(15))
      return own;
    return own && random_.chance(25) ? std::optional{promise_post(own)} : any_post();
  };
  const auto tangle = [&](record& out, const std::optional<strong_ref>& own) {
    out.reply_parent = draw(own);
    out.reply_root = random_.chance(40) ? out.reply_parent : draw(own);
    if (!out.reply_parent || !out.reply_root)
      out.reply_parent = out.reply_root = std::nullopt;
  };
  if (random_.chance(30))
    return update_post(who, [&](record& out) { tangle(out, std::nullopt); });
  auto out = post_by(who);
  auto rkey = next_rkey(who);
  // Its CID would have to be known before its content is: any other stands for it.
  const strong_ref own{uri_of(accounts_[who].did, collection::post, rkey),
                       atproto::cid::of_dag_cbor(encode(out)).to_string()};
  tangle(out, own);
  changes made;
  made.push_back(created(who, std::move(out), std::move(rkey)));
  return made;
}

// A duplicate, unless it is a post.
network::changes network::make_again(std::size_t who) {
  const auto& own = accounts_[who].records;
  if (own.empty())
    return {};
  auto out = *own[random_.below(own.size())].what;
  if (out.kind == collection::post)
    return {};
  const auto now = blank(out.kind);
  out.created_at = now.created_at;
  out.created_text = now.created_text;
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

network::changes network::make_gated_post(std::size_t who, action what) {
  changes made;
  made.push_back(created(who, post_by(who)));
  auto gate = blank(what == action::postgate ? collection::post_gate : collection::thread_gate);
  gate.gated_post = ref_to(who, made.front()).uri;
  gate.embedding_disabled = random_.chance(80);
  if (random_.chance(90)) {
    reply_rules rules{random_.chance(30), random_.chance(30), random_.chance(30), {}};
    const auto& lists = accounts_[who].lists;
    if (!lists.empty() && random_.chance(30))
      rules.lists.push_back(lists[random_.below(lists.size())]);
    gate.rules = rules;
  }
  made.push_back(created(who, std::move(gate), made.front().rkey));
  return made;
}

network::changes network::make_subject(std::size_t who, action what) {
  const auto kind = what == action::like ? collection::like : collection::repost;
  auto out = blank(kind);
  const auto& own = accounts_[who].records;
  // A duplicate: a second like of a post is stored but not counted.
  if (!own.empty() && random_.chance(2)) {
    const auto& before = own[random_.below(own.size())];
    if (before.what->kind == kind)
      out.subject = before.what->subject;
  }
  if (!out.subject)
    out.subject = some_subject();
  if (!out.subject)
    return {};
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

network::changes network::make_pair(std::size_t who, action what) {
  auto out = blank(what == action::follow ? collection::follow : collection::block);
  out.subject_did = some_did(who);
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

network::changes network::make_list(std::size_t who) {
  auto out = blank(collection::list);
  out.text = fmt::format("List {}", operations_);
  out.description = some_text(random_);
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

network::changes network::make_item(std::size_t who) {
  auto out = blank(collection::list_item);
  const auto& lists = accounts_[who].lists;
  const bool full = fixed_ >= how_.remember / 10;
  if (full && lists.empty())
    return {};
  if (!lists.empty() && (full || !random_.chance(10))) {
    out.list = lists[random_.below(lists.size())];
  } else {
    // The item is emitted before its list.
    auto list = std::move(make_list(who).front());
    out.list = ref_to(who, list).uri;
    if (!random_.chance(10))
      promises_.push_back({operations_ + 1 + random_.below(300), who, std::move(list)});
  }
  out.subject_did = some_did(who);
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

network::changes network::make_list_block(std::size_t who) {
  const auto& owner = accounts_[some_account()];
  if (owner.lists.empty())
    return {};
  auto out = blank(collection::list_block);
  out.list = owner.lists[random_.below(owner.lists.size())];
  changes made;
  made.push_back(created(who, std::move(out)));
  return made;
}

network::changes network::make_profile(std::size_t who) {
  auto out = blank(collection::profile);
  out.text = fmt::format("User {} {}", who, operations_);
  out.description = some_text(random_);
  changes made;
  made.push_back(created(who, std::move(out), "self"));
  if (const auto& before = accounts_[who].profile) {
    made.front().action = change::update;
    made.front().prev = before;
  }
  return made;
}

network::changes network::edit_post(std::size_t who) {
  return update_post(who, [](record& out) { out.text = "edited " + out.text; });
}

network::changes network::update_post(std::size_t who, const std::function<void(record&)>& change) {
  auto& own = accounts_[who].records;
  if (own.empty())
    return {};
  auto& before = own[random_.below(own.size())];
  if (before.what->kind != collection::post)
    return {};
  auto edited = *before.what;
  change(edited);
  changes made;
  made.push_back(created(who, std::move(edited), before.rkey));
  made.front().action = change::update;
  made.front().prev = before.id;
  before.what = made.front().what;
  before.id = made.front().id;
  posts_[before.post].ref.cid = before.id.to_string();
  posts_[before.post].root = before.what->reply_root;
  return made;
}

network::changes network::remove_record(std::size_t who) {
  auto& own = accounts_[who].records;
  if (own.empty())
    return {};
  auto& gone = own[random_.below(own.size())];
  changes made;
  made.push_back({change::remove, gone.rkey, gone.what, {}, {}, gone.id});
  if (gone.what->kind == collection::post)
    bury(gone.post);
  --loose_;
  std::swap(gone, own.back());
  own.pop_back();
  return made;
}

strong_ref network::promise_post(const std::optional<strong_ref>& parent) {
  const auto author = some_account();
  auto out = post_by(author);
  out.reply_parent = out.reply_root = parent;
  auto what = created(author, std::move(out));
  auto ref = ref_to(author, what);
  if (!random_.chance(10))
    promises_.push_back({operations_ + 1 + random_.below(500), author, std::move(what)});
  return ref;
}

network::post* network::some_post() {
  for (int tries = 0; tries < 5 && !posts_.empty(); ++tries) {
    const auto rank = random_.popular(posts_.size());
    auto& found = posts_[random_.chance(70) ? posts_.size() - 1 - rank : rank];
    if (found.alive)
      return &found;
  }
  return nullptr;
}

std::optional<strong_ref> network::any_post() {
  if (posts_.empty())
    return std::nullopt;
  return posts_[posts_.size() - 1 - random_.popular(posts_.size())].ref;
}

std::optional<strong_ref> network::some_subject() {
  if (random_.chance(2))
    return promise_post();
  const auto* found = some_post();
  return found == nullptr ? std::nullopt : std::optional{found->ref};
}

std::size_t network::some_account() {
  for (;;) {
    const auto who = random_.popular(accounts_.size());
    if (accounts_[who].active)
      return who;
  }
}

std::string network::some_did(std::size_t but) {
  // Some accounts are followed before their first event.
  if (random_.chance(1))
    return make_account(how_.seed, accounts_.size() + random_.below(5)).did;
  const auto who = random_.popular(accounts_.size());
  return accounts_[who == but ? (who + 1) % accounts_.size() : who].did;
}

} // namespace prism::synth
