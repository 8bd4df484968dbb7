// Methods that are answered without a database, on the server's thread.
#include "dataplane/messages.hpp"
#include "dataplane/methods/table.hpp"
#include "dataplane/proto/bsky.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using dataplane::find_method;

namespace {

[[nodiscard]] dataplane::answer<std::string> ask(std::string_view name, const std::string& bytes) {
  const auto* method = find_method(name);
  REQUIRE(method != nullptr);
  REQUIRE(method->at_once != nullptr);
  return method->at_once(bytes);
}

/// The status with which a request of so many arguments, `add` each, fails; `ok` if it does not.
template <class Request, class Add>
[[nodiscard]] net::grpc_status status_of(std::string_view name, std::size_t count, Add add) {
  Request request;
  for (std::size_t i = 0; i < count; ++i)
    add(request);
  const auto done = ask(name, request.SerializeAsString());
  return done ? net::grpc_status::ok : done.error().status;
}

} // namespace

TEST_CASE("what is asked for many at once has a bounded answer") {
  using net::grpc_status;
  const auto check = [](auto asked) {
    CHECK(asked(reads::max_arguments) == grpc_status::ok);
    CHECK(asked(reads::max_arguments + 1) == grpc_status::invalid_argument);
    CHECK(asked(dataplane::max_request_fields + 1) == grpc_status::invalid_argument);
  };
  check([](std::size_t count) {
    return status_of<bsky::GetThreadMutesOnSubjectsRequest>(
        "GetThreadMutesOnSubjects", count, [](auto& to) { to.add_thread_roots(); });
  });
  check([](std::size_t count) {
    return status_of<bsky::GetNotificationPreferencesRequest>("GetNotificationPreferences", count,
                                                              [](auto& to) { to.add_dids(); });
  });
  check([](std::size_t count) {
    return status_of<bsky::GetActivitySubscriptionsByActorAndSubjectsRequest>(
        "GetActivitySubscriptionsByActorAndSubjects", count,
        [](auto& to) { to.add_subject_dids(); });
  });
  check([](std::size_t count) {
    return status_of<bsky::GetBookmarksByActorAndSubjectsRequest>(
        "GetBookmarksByActorAndSubjects", count, [](auto& to) { to.add_uris(); });
  });
}

TEST_CASE("a text that is in each entry of an answer does not multiply") {
  bsky::GetActivitySubscriptionsByActorAndSubjectsRequest request;
  for (std::size_t i = 0; i < reads::max_arguments; ++i)
    request.add_subject_dids();
  const auto status = [&](std::size_t bytes) {
    request.set_actor_did("did:plc:" + std::string(bytes - 8, 'a'));
    const auto done =
        ask("GetActivitySubscriptionsByActorAndSubjects", request.SerializeAsString());
    return done ? net::grpc_status::ok : done.error().status;
  };
  CHECK(status(32) == net::grpc_status::ok);
  CHECK(status(2'048) == net::grpc_status::resource_exhausted);
  CHECK(status(2'049) == net::grpc_status::invalid_argument);
}

TEST_CASE("a request of millions of empty fields is refused before it is parsed") {
  bsky::GetActorsRequest request;
  std::string bytes;
  for (std::size_t i = 0; i <= dataplane::max_request_fields; ++i)
    bytes += std::string("\x0a\x00", 2); // dids, of no bytes
  const auto done = dataplane::parse_request(request, bytes);
  REQUIRE_FALSE(done);
  CHECK(done.error().status == net::grpc_status::invalid_argument);
  CHECK(request.dids_size() == 0);
  bytes.resize(bytes.size() - 2);
  CHECK(dataplane::parse_request(request, bytes));
  CHECK(request.dids_size() == static_cast<int>(dataplane::max_request_fields));
  CHECK_FALSE(dataplane::parse_request(request, bytes + "\x0a\x05")); // truncated
}
