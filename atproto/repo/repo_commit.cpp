#include "atproto/repo/repo_commit.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/cbor_writer.hpp"
#include "atproto/cbor/payload_reader.hpp"

namespace prism::atproto {
namespace {

constexpr std::int64_t supported_version = 3;

// A commit has six fields; more would be signed too, so they are tolerated.
constexpr cbor_limits commit_limits{.max_size = 10'000, .max_nodes = 256, .max_depth = 8};
constexpr std::size_t max_signature = 1'024;

} // namespace

expected<repo_commit> decode_repo_commit(std::span<const std::byte> block) {
  const auto document = cbor_document::parse(block, commit_limits);
  if (!document)
    return fail(document.error().code, "repo commit: {}", document.error().message);
  payload_reader in{document->root(), "repo commit", 0};
  if (in.positive("version") != supported_version)
    in.refuse("version", "must be 3");
  return in.finish(repo_commit{
      .did = in.text("did"),
      .rev = in.text("rev"),
      .data = in.link("data"),
      .prev = in.maybe_link("prev"),
      .sig = in.bytes("sig", max_signature),
  });
}

expected<std::vector<std::byte>> unsigned_repo_commit(std::span<const std::byte> block) {
  const auto document = cbor_document::parse(block, commit_limits);
  if (!document)
    return fail(document.error().code, "repo commit: {}", document.error().message);
  if (!document->root().find("sig"))
    return fail(errc::invalid, "repo commit: 'sig' is missing");
  cbor_writer out;
  out.begin_map();
  for (const auto [key, value] : document->root().pairs())
    if (key != "sig")
      out.key(key).raw(value.raw());
  out.end_map();
  return out.finish();
}

} // namespace prism::atproto
