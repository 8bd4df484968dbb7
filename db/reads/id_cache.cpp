#include "db/reads/id_cache.hpp"

#include <utility>

namespace prism::reads {

std::vector<std::int64_t> id_cache::ids_of(std::span<const std::string_view> dids) {
  std::vector<std::int64_t> out;
  out.reserve(dids.size());
  const std::scoped_lock lock(mutex_);
  for (const auto did : dids)
    out.push_back(accounts_.find_id(did).value_or(0));
  return out;
}

std::vector<std::int64_t> id_cache::ids_of(std::span<const db::uri_parts> uris) {
  std::vector<std::int64_t> out;
  out.reserve(uris.size());
  const std::scoped_lock lock(mutex_);
  for (const auto& each : uris)
    out.push_back(id_of(each));
  return out;
}

std::vector<std::string> id_cache::dids_of(std::span<const std::int64_t> users) {
  std::vector<std::string> out(users.size());
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (const auto* did = accounts_.find_name(users[i]))
      out[i] = *did;
  return out;
}

std::vector<std::string> id_cache::uris_of(std::span<const std::int64_t> uris) {
  std::vector<std::string> out;
  out.reserve(uris.size());
  const std::scoped_lock lock(mutex_);
  for (const auto id : uris)
    out.push_back(uri_of(id));
  return out;
}

void id_cache::put(std::vector<known_account> accounts) {
  const std::scoped_lock lock(mutex_);
  for (auto& each : accounts)
    if (each.did.size() <= max_name)
      accounts_.put(each.id, std::move(each.did));
}

void id_cache::put(std::vector<known_uri> uris) {
  const std::scoped_lock lock(mutex_);
  for (auto& each : uris)
    if (each.rkey.size() <= max_name)
      uris_.put(each.id, {each.repo_id, each.kind, std::move(each.rkey)});
}

id_cache::figures id_cache::accounts() const {
  const std::scoped_lock lock(mutex_);
  return {accounts_.size(), accounts_.hits(), accounts_.misses(), accounts_.evictions()};
}

id_cache::figures id_cache::uris() const {
  const std::scoped_lock lock(mutex_);
  return {uris_.size(), uris_.hits(), uris_.misses(), uris_.evictions()};
}

std::int64_t id_cache::id_of(const db::uri_parts& uri) {
  const auto repo = uri.did.empty() ? std::optional<std::int64_t>{0} : accounts_.find_id(uri.did);
  return repo ? uris_.find_id(uri_view{*repo, uri.kind, uri.rkey}).value_or(0) : 0;
}

std::string id_cache::uri_of(std::int64_t id) {
  const auto* uri = uris_.find_name(id);
  if (uri == nullptr)
    return {};
  if (uri->repo_id == 0)
    return db::uri_text({}, uri->kind, uri->rkey);
  const auto* did = accounts_.find_name(uri->repo_id);
  return did != nullptr ? db::uri_text(*did, uri->kind, uri->rkey) : std::string{};
}

} // namespace prism::reads
