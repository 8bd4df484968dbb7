#include "db/reads/session.hpp"

#include "db/reads/reader_plans.hpp"

namespace prism::reads {

db::outcome<std::vector<db::result>> session::round_trip(std::span<const db::request> requests) {
  if (!is_pooled_)
    return on_->round_trip(requests);
  const auto for_transaction = db::params().boolean(true);
  std::vector<db::request> all{{.prepared = &reader_plans, .values = &for_transaction}};
  all.insert(all.end(), requests.begin(), requests.end());
  auto done = on_->round_trip(all);
  if (done)
    done->erase(done->begin());
  return done;
}

} // namespace prism::reads
