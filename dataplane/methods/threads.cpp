#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "db/reads/thread.hpp"

namespace prism::dataplane {

namespace {

answer<void> thread(call& with, const bsky::GetThreadRequest& in, bsky::GetThreadResponse& out) {
  auto found = reads::read_thread(with.on, in.post_uri(), in.above(), in.below());
  if (!found)
    return failed(found.error());
  for (auto& each : found->uris)
    out.add_uris(std::move(each));
  for (auto& each : found->op_thread)
    out.add_op_thread(std::move(each));
  return {};
}

constexpr method threads_group[] = {reads<thread>("GetThread")};

} // namespace

std::span<const method> thread_methods() {
  return threads_group;
}

} // namespace prism::dataplane
