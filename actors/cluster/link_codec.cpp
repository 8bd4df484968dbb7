#include "actors/cluster/link_codec.hpp"

#include <boost/json/value_to.hpp>
#include <stdexcept>

namespace prism {

namespace {

namespace json = boost::json;

/// Frames of one message; their descriptions have to fit into the head as well.
constexpr std::size_t max_group_frames = 800;

struct encoder {
  net::link_message operator()(const linked_frames& from) const {
    net::link_message out;
    json::array frames;
    for (const auto& frame : *from.batch.frames) {
      frames.push_back(
          json::array{frame.seq, frame.position.seq, frame.position.apart, frame.data->size()});
      out.payload.push_back(frame.data);
    }
    out.head = {{"kind", "frames"},
                {"shard", from.shard},
                {"token", from.token},
                {"incarnation", from.batch.incarnation},
                {"frames", std::move(frames)}};
    return out;
  }
  net::link_message operator()(const linked_advance& from) const {
    return {{{"kind", "advance"},
             {"shard", from.shard},
             {"token", from.token},
             {"seq", from.target.seq}},
            {}};
  }
  net::link_message operator()(const linked_firehose_started& from) const {
    return {{{"kind", "firehose_started"}, {"shard", from.shard}, {"token", from.token}}, {}};
  }
  net::link_message operator()(const linked_shard_ready& from) const {
    return {{{"kind", "shard_ready"},
             {"shard", from.ready.shard},
             {"token", from.token},
             {"incarnation", from.ready.incarnation},
             {"durable", from.ready.durable_seq}},
            {}};
  }
  net::link_message operator()(const linked_durable& from) const {
    json::array stamps(from.report.stamps.begin(), from.report.stamps.end());
    return {{{"kind", "durable"},
             {"shard", from.report.shard},
             {"token", from.token},
             {"seq", from.report.position.seq},
             {"apart", from.report.position.apart},
             {"stamps", std::move(stamps)}},
            {}};
  }
  net::link_message operator()(const linked_credit& from) const {
    return {{{"kind", "credit"}, {"bytes", from.bytes}, {"whole", from.whole}}, {}};
  }
  net::link_message operator()(const linked_table_changed& from) const {
    return {{{"kind", "table_changed"}, {"view", from.view}}, {}};
  }
};

/// Reads fields; throws what Boost.JSON throws for one that is missing or of another type.
class reader {
public:
  explicit reader(const json::object& head) : head_(head) {}
  template <class T>
  [[nodiscard]] T get(const char* name) const {
    return json::value_to<T>(head_.at(name));
  }
  [[nodiscard]] std::size_t shard() const { return get<std::size_t>("shard"); }
  [[nodiscard]] std::int64_t token() const { return get<std::int64_t>("token"); }
  [[nodiscard]] const json::array& list(const char* name) const {
    return head_.at(name).as_array();
  }

private:
  const json::object& head_;
};

[[nodiscard]] frame_batch read_frames(const reader& from, std::span<const std::byte> payload,
                                      time_point received) {
  auto frames = std::make_shared<std::vector<routed_frame>>();
  for (const auto& each : from.list("frames")) {
    const auto& row = each.as_array();
    const auto size = json::value_to<std::size_t>(row.at(3));
    if (size > payload.size())
      throw std::out_of_range("frames are longer than the payload");
    const auto bytes = payload.first(size);
    payload = payload.subspan(size);
    frames->push_back(
        {.seq = json::value_to<std::int64_t>(row.at(0)),
         .data = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end()),
         .position = {json::value_to<std::int64_t>(row.at(1)),
                      json::value_to<std::uint64_t>(row.at(2))},
         .received = received});
  }
  if (!payload.empty())
    throw std::out_of_range("the payload is longer than the frames");
  return {.incarnation = from.get<std::uint64_t>("incarnation"), .frames = std::move(frames)};
}

[[nodiscard]] std::vector<std::int64_t> read_stamps(const reader& from) {
  constexpr std::size_t most = 1'000;
  std::vector<std::int64_t> out;
  for (const auto& each : from.list("stamps"))
    if (out.size() < most)
      out.push_back(json::value_to<std::int64_t>(each));
  return out;
}

[[nodiscard]] expected<linked_message> read(std::string_view kind, const reader& from,
                                            std::span<const std::byte> payload,
                                            time_point received) {
  if (kind == "frames")
    return linked_frames{from.shard(), from.token(), read_frames(from, payload, received)};
  if (kind == "advance")
    return linked_advance{from.shard(), from.token(), {from.get<std::int64_t>("seq")}};
  if (kind == "firehose_started")
    return linked_firehose_started{from.shard(), from.token()};
  if (kind == "shard_ready")
    return linked_shard_ready{from.token(),
                              {.shard = from.shard(),
                               .incarnation = from.get<std::uint64_t>("incarnation"),
                               .durable_seq = from.get<std::int64_t>("durable")}};
  if (kind == "durable")
    return linked_durable{
        from.token(),
        {.shard = from.shard(),
         .position = {from.get<std::int64_t>("seq"), from.get<std::uint64_t>("apart")},
         .stamps = read_stamps(from)}};
  if (kind == "credit")
    return linked_credit{from.get<std::uint64_t>("bytes"), from.get<bool>("whole")};
  if (kind == "table_changed")
    return linked_table_changed{from.get<std::int64_t>("view")};
  return fail(errc::not_found, "a message of unknown kind");
}

} // namespace

net::link_message encode(const linked_message& message) {
  return std::visit(encoder{}, message);
}

expected<linked_message> decode(const boost::json::object& head, std::span<const std::byte> payload,
                                time_point received) {
  try {
    const auto& kind = head.at("kind").as_string();
    return read(std::string_view{kind.data(), kind.size()}, reader(head), payload, received);
  } catch (const std::exception& wrong) {
    return fail(errc::invalid, "a message that cannot be read: {}", wrong.what());
  }
}

std::vector<frame_batch> cut(const frame_batch& batch) {
  std::vector<frame_batch> out;
  std::vector<routed_frame> group;
  std::size_t bytes = 0;
  const auto end_group = [&] {
    if (!group.empty())
      out.push_back({batch.incarnation,
                     std::make_shared<const std::vector<routed_frame>>(std::exchange(group, {}))});
    bytes = 0;
  };
  for (const auto& frame : *batch.frames) {
    if (bytes + frame.data->size() > net::link_limits::max_group ||
        group.size() == max_group_frames)
      end_group();
    group.push_back(frame);
    bytes += frame.data->size();
  }
  end_group();
  return out;
}

std::size_t bytes_of(const frame_batch& batch) noexcept {
  std::size_t sum = 0;
  for (const auto& frame : *batch.frames)
    sum += frame.data->size();
  return sum;
}

} // namespace prism
