// Which methods of the interface there are.
#include "dataplane/methods/table.hpp"
#include "dataplane/proto/bsky.hpp"

#include <catch2/catch.hpp>
#include <google/protobuf/descriptor.h>
#include <set>

using prism::dataplane::find_method;

TEST_CASE("of the interface's 117 methods 96 are there; the others write, or nobody calls them") {
  // docs/DATAPLANE.md, "What there is not yet", says why.
  const std::set<std::string> absent{"ClearActorMutelistSubscriptions",
                                     "ClearActorMutes",
                                     "ClearThreadMutes",
                                     "CreateActorMute",
                                     "CreateActorMutelistSubscription",
                                     "CreateThreadMute",
                                     "DeleteActorMute",
                                     "DeleteActorMutelistSubscription",
                                     "DeleteThreadMute",
                                     "GetAllLabelers",
                                     "GetFeedGeneratorStatus",
                                     "GetNewUserCountForRange",
                                     "GetVerificationsIssued",
                                     "GetVerificationsReceived",
                                     "TakedownActor",
                                     "TakedownBlob",
                                     "TakedownRecord",
                                     "UntakedownActor",
                                     "UntakedownBlob",
                                     "UntakedownRecord",
                                     "UpdateActorUpstreamStatus"};
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("bsky.Service");
  REQUIRE(service != nullptr);
  REQUIRE(service->method_count() == 117);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& name = service->method(i)->name();
    INFO(name);
    const auto* method = find_method(name);
    CHECK((method == nullptr) == absent.contains(name));
    if (method != nullptr)
      CHECK((method->run == nullptr) != (method->at_once == nullptr));
  }
}
