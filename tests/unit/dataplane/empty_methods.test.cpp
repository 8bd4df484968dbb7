// Methods that are answered without a database, on the server's thread.
#include "dataplane/messages.hpp"
#include "dataplane/methods/table.hpp"
#include "dataplane/proto/bsky.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

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
  CHECK(status(64) == net::grpc_status::resource_exhausted);
  CHECK(status(2'048) == net::grpc_status::resource_exhausted);
  CHECK(status(2'049) == net::grpc_status::invalid_argument);
}

TEST_CASE("the library says nothing on the standard error about texts that are not UTF-8") {
  const auto path =
      std::filesystem::temp_directory_path() / ("prism-stderr-" + std::to_string(::getpid()));
  const int kept = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  REQUIRE(::dup2(file, STDERR_FILENO) == STDERR_FILENO);
  bsky::GetLatestRevRequest request;
  const auto done = dataplane::parse_request(request, "\x0a\x02\xc3\x28"); // actor_did
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(file);
  CHECK(std::filesystem::file_size(path) == 0);
  std::filesystem::remove(path);
  REQUIRE_FALSE(done);
  CHECK(done.error().status == net::grpc_status::invalid_argument);
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

TEST_CASE("fields of messages within a request count, too") {
  const auto fields = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += std::string("\x78\x00", 2); // 15, which is unknown
    return out;
  };
  const auto in_ref = [](const std::string& inner) { // refs, of that length in three bytes
    std::string out("\x0a");
    for (const auto shift : {0U, 7U, 14U})
      out += static_cast<char>((inner.size() >> shift & 0x7fU) | (shift == 14 ? 0U : 0x80U));
    return out + inner;
  };
  const auto status = [](const std::string& bytes) {
    bsky::GetInteractionCountsRequest request;
    const auto done = dataplane::parse_request(request, bytes);
    return done ? std::string("ok") : done.error().text;
  };
  CHECK(status(in_ref(fields(dataplane::max_request_fields - 1))) == "ok");
  CHECK(status(in_ref(fields(dataplane::max_request_fields))) ==
        "the request has more than 30100 fields");
  // An unknown group, which is one field.
  CHECK(status("\x73" + fields(dataplane::max_request_fields) + "\x74") ==
        "the request is not a valid message of its type");
  bsky::GetInteractionCountsRequest largest;
  for (std::size_t i = 0; i < reads::max_arguments; ++i) {
    auto& ref = *largest.add_refs();
    ref.set_uri("at://did:plc:a/app.bsky.feed.post/1");
    ref.set_cid("bafy");
  }
  CHECK(status(largest.SerializeAsString()) == "ok");
}
