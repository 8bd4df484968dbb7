#include "atproto/frame/frame.hpp"
#include "check.hpp"

using namespace prism;
using namespace prism::atproto;
using fuzz::check;

namespace {

class inside {
public:
  explicit inside(std::span<const std::byte> input) : input_(input) {}

  void operator()(std::span<const std::byte> part) const {
    check(part.empty() || (part.data() >= input_.data() &&
                           part.data() + part.size() <= input_.data() + input_.size()),
          "views point into the input");
  }
  void operator()(std::string_view part) const { (*this)(std::as_bytes(std::span{part})); }

private:
  std::span<const std::byte> input_;
};

void agree(const frame_peek& glance, frame_kind kind, std::int64_t seq, std::string_view did) {
  check(glance.kind == kind, "peek and decode agree on the kind");
  check(glance.seq == seq, "peek and decode agree on seq");
  check(glance.did == did, "peek and decode agree on the DID");
}

struct examine {
  const frame_peek& glance;
  inside within;

  void operator()(const commit_frame& frame) const {
    agree(glance, frame_kind::commit, frame.seq, frame.repo);
    check(frame.ops.size() <= frame_limits::max_ops, "ops are limited");
    check(frame.blocks.size() <= frame_limits::max_commit_blocks, "blocks are limited");
    within(frame.blocks);
    for (const auto& op : frame.ops) {
      within(op.path);
      within(op.collection);
      within(op.rkey);
    }
  }
  void operator()(const identity_frame& frame) const {
    agree(glance, frame_kind::identity, frame.seq, frame.did);
    within(frame.handle.value_or(std::string_view{}));
  }
  void operator()(const account_frame& frame) const {
    agree(glance, frame_kind::account, frame.seq, frame.did);
    within(frame.status.value_or(std::string_view{}));
  }
  void operator()(const sync_frame& frame) const {
    agree(glance, frame_kind::sync, frame.seq, frame.did);
    within(frame.blocks);
  }
  void operator()(const info_frame& frame) const {
    check(glance.kind == frame_kind::info, "peek and decode agree on info");
    within(frame.name);
  }
  void operator()(const error_frame& frame) const {
    check(glance.kind == frame_kind::error, "peek and decode agree on errors");
    within(frame.error);
  }
  void operator()(const unknown_frame& frame) const {
    check(glance.kind == frame_kind::unknown, "peek and decode agree on the unknown");
    within(frame.type);
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  const auto glance = peek_frame(input);
  const auto decoded = decode_frame(input);
  // A frame of unknown type has no field of which the kind is known, so a glance may refuse it.
  if (decoded && !std::holds_alternative<unknown_frame>(*decoded))
    check(glance.has_value(), "what decodes can be peeked at");
  const auto beginning = peek_frame_beginning(input);
  if (glance && decoded) {
    check(beginning && beginning->seq == glance->seq && beginning->did == glance->did,
          "the beginning of a valid frame tells as much as the whole");
    std::visit(examine{*glance, inside{input}}, *decoded);
  }
  return 0;
}
