#include "repository.hpp"

#include "atproto/cbor/cbor_writer.hpp"

#include <fmt/format.h>

namespace prism::synth {

using atproto::cbor_writer;

namespace {

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_varint(std::vector<std::byte>& to, std::size_t value) {
  for (; value >= 0x80; value >>= 7U)
    to.push_back(static_cast<std::byte>(value | 0x80U));
  to.push_back(static_cast<std::byte>(value));
}

void append_block(std::vector<std::byte>& to, const atproto::cid& id,
                  std::span<const std::byte> data) {
  append_varint(to, atproto::cid::size + data.size());
  append(to, id.bytes());
  append(to, data);
}

[[nodiscard]] std::vector<std::byte> car_of(const atproto::cid& root) {
  cbor_writer header;
  header.begin_map().key("roots").begin_array().link(root).end_array();
  const auto bytes = header.key("version").integer(1).end_map().finish().value();
  std::vector<std::byte> out;
  append_varint(out, bytes.size());
  append(out, bytes);
  return out;
}

[[nodiscard]] std::string path_of(const operation& of) {
  return fmt::format("{}/{}", nsid_of(of.what->kind), of.rkey);
}

} // namespace

block repository::sign(const std::string& rev) {
  const auto fields = [&](std::span<const std::byte> signature) {
    cbor_writer out;
    out.begin_map().key("did").text(did_).key("rev").text(rev);
    if (!signature.empty())
      out.key("sig").bytes(signature);
    out.key("data").link(records_.root()).key("prev").null().key("version").integer(3);
    return out.end_map().finish().value();
  };
  const auto signature = key_.sign(fields({}));
  auto data = fields(signature);
  const auto id = atproto::cid::of_dag_cbor(data);
  return {id, std::move(data)};
}

commit repository::apply(const std::vector<operation>& operations, atproto::tid rev) {
  commit out{
      .rev = rev.to_string(), .since = rev_, .prev_data = {}, .id = {}, .car = {}, .head_car = {}};
  if (rev_)
    out.prev_data = records_.root();
  for (const auto& each : operations)
    if (each.action == change::remove)
      records_.erase(path_of(each));
    else
      records_.put(path_of(each), each.id);
  const auto head = sign(out.rev);
  out.id = head.id;
  out.car = car_of(head.id);
  append_block(out.car, head.id, head.data);
  out.head_car = out.car;
  std::vector<const block*> proof;
  if (operations.empty())
    records_.add_proof("", proof);
  for (const auto& each : operations) {
    if (each.action != change::remove)
      append_block(out.car, each.id, each.block);
    records_.add_proof(path_of(each), proof);
  }
  for (const auto* node : proof)
    append_block(out.car, node->id, node->data);
  rev_ = out.rev;
  return out;
}

} // namespace prism::synth
