#pragma once

#include "actors/runtime/node_context.hpp"
#include "db/jobs/jobs.hpp"
#include "messages/interfaces.hpp"

#include <memory>
#include <string>
#include <utility>

namespace prism {

/// Why a database job gave no reply.
struct job_failure {
  db::db_error why;
  /// What the job did although it failed; null: nothing, or unknown.
  std::shared_ptr<const db::partial_report> partial{};
};

/// Has the pool run `job`. Exactly one of the two callbacks runs, in the context of `self`:
/// `on_reply(const Job::reply&)`, or `on_failure(const job_failure&)`. Without a pool, `on_failure`
/// runs before the call returns. A pool that dies with the job counts as a lost connection: it is
/// unknown whether the job was done. The job is a unit in the channel NAME_to_pool of the actor.
template <class Job, class Self, class OnReply, class OnFailure>
void ask_database(Self* self, const node_context& node, Job job, OnReply on_reply,
                  OnFailure on_failure) {
  const auto lost = [](std::string text) {
    return job_failure{db::make_error(db::sqlstate::connection_exception, std::move(text))};
  };
  const auto pool = node.actors.find(names::pool);
  if (!pool)
    return on_failure(lost("the database pool is not running"));
  const auto unit = std::make_shared<metrics::channel_unit>(
      node.metrics.bounded(std::string{self->name()} + "_to_pool"));
  self->request(pool, caf::infinite, run_job{std::make_shared<const db::job>(std::move(job))})
      .then(
          [on_reply, on_failure, unit](const job_result& done) {
            unit->leave();
            if (!*done.what)
              return on_failure(job_failure{done.what->error(), done.partial});
            if (const auto* reply = db::reply_of<Job>(*done.what))
              return on_reply(*reply);
            on_failure(job_failure{
                db::make_error(db::sqlstate::internal,
                               "a job was answered with the reply of another type", Job::name)});
          },
          [self, on_failure, lost, unit](const caf::error& problem) {
            unit->leave();
            on_failure(lost("the database pool: " + describe(self->system(), problem)));
          });
}

} // namespace prism
