#include "messages/operator.hpp"
#include "net/tunnel/message_filter.hpp"

#include "check.hpp"

#include <algorithm>
#include <memory>

// What a client sends through the tunnel once it is in: the first byte says how it is cut, the rest
// are messages of CAF's protocol. What the filter lets pass, CAF reads here as it does in a node,
// so that the fuzzer's limits on memory hold for both.

using namespace prism;
using namespace prism::net;
using fuzz::check;

namespace {

constexpr std::size_t header_size = 32;
constexpr std::uint8_t direct_message = 2;
const message_rules rules{.most = 2'000,
                          .contents = {"@<>+prism.operator_request", "@<>+@atom+@atom+@str",
                                       "@<>+@atom+@str+@strong_actor_ptr+@str"}};

// How many bytes of it a filter takes if it comes in pieces.
std::size_t taken(std::span<const std::byte> bytes, std::size_t piece, std::string& problem) {
  message_filter filter(rules);
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto size = std::min(piece, bytes.size() - at);
    if (!filter.take(bytes.subspan(at, size)))
      break;
    at += size;
  }
  check(filter.problem().empty() == (at == bytes.size()), "a problem is one that ends it");
  check(filter.problem().empty() || !filter.take({}), "after a problem nothing passes");
  problem = filter.problem();
  return at;
}

class caf_side {
public:
  void read(std::span<const std::byte> payload) {
    caf::scoped_execution_unit context{&system_};
    caf::binary_deserializer source{&context, reinterpret_cast<const char*>(payload.data()),
                                    payload.size()};
    std::vector<caf::strong_actor_ptr> stages;
    caf::message content;
    if (const auto problem = source(stages, content))
      return;
    check(stages.empty(), "no other actors are on the way");
    if (content.match_elements<operator_request>())
      check(content.get_as<operator_request>(0).arguments.size() <= rules.most,
            "a request is no longer than its message");
  }

private:
  struct settings : caf::actor_system_config {
    settings() {
      set_up_caf(*this);
      set("scheduler.max-threads", std::size_t{1});
      add_operator_messages(*this);
    }
  };
  settings settings_;
  caf::actor_system system_{settings_};
};

// Every message of a stream that has passed.
void read_all(std::span<const std::byte> stream) {
  static auto& caf = *std::make_unique<caf_side>().release(); // at exit CAF's own statics are gone
  while (stream.size() >= header_size) {
    std::size_t size = 0;
    for (std::size_t i = 4; i < 8; ++i)
      size = (size << 8U) | std::to_integer<std::size_t>(stream[i]);
    check(size <= rules.most, "no message is longer than it may be");
    const auto kind = std::to_integer<std::uint8_t>(stream.front());
    stream = stream.subspan(header_size);
    if (stream.size() < size)
      return; // CAF waits for the rest
    if (kind == direct_message)
      caf.read(stream.first(size));
    stream = stream.subspan(size);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto stream = fuzz::bytes(data, size).subspan(1);
  std::string single;
  std::string cut;
  const auto passed = taken(stream, 1, single);
  const std::size_t piece = std::size_t{*data} + 1;
  const auto in_pieces = taken(stream, piece, cut);
  check(single == cut, "it does not matter how bytes are cut");
  check(in_pieces <= passed && passed < in_pieces + piece, "the piece of the problem is held back");
  read_all(stream.first(passed));
  return 0;
}
