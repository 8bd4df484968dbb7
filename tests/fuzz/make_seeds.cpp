// Writes the seeds of all fuzzers: fuzz_seeds SAMPLE.frames.zst DIRECTORY

#include "atproto/frame/frame.hpp"
#include "atproto/repo/car.hpp"
#include "atproto/repo/mst_node.hpp"
#include "net/link/link_framing.hpp"
#include "net/link/link_hello.hpp"
#include "net/tunnel/hello.hpp"
#include "tests/unit/atproto/sample_frames.hpp"
#include "tests/unit/net/grpc/raw_http2.hpp"

#include <cstdio>
#include <filesystem>
#include <map>

using namespace prism;
using namespace prism::atproto;

namespace {

// Small inputs and few of them make a fast fuzzer.
constexpr std::size_t max_seed = 3'000;
constexpr std::size_t seeds_each = 60;

class seed_writer {
public:
  explicit seed_writer(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void add(const std::string& subject, std::span<const std::byte> seed) {
    auto& count = counts_[subject];
    if (seed.size() > max_seed || count >= seeds_each)
      return;
    std::filesystem::create_directories(directory_ / subject);
    std::ofstream file{directory_ / subject / std::to_string(count++), std::ios::binary};
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
  }

private:
  std::filesystem::path directory_;
  std::map<std::string, std::size_t> counts_;
};

void add_blocks(seed_writer& seeds, std::span<const std::byte> file) {
  seeds.add("car", file);
  const auto car = car_view::parse(file);
  if (!car)
    return;
  for (const auto& block : car->blocks())
    seeds.add(mst_node::decode(block.data) ? "mst" : "cbor", block.data);
}

void add(seed_writer& seeds, const std::string& subject, const std::string& text) {
  seeds.add(subject, std::as_bytes(std::span{text}));
}

// A message of CAF's protocol.
std::string caf_message(char kind, const std::string& payload) {
  std::string header(32, '\0');
  header[0] = kind;
  header[6] = static_cast<char>(payload.size() >> 8U);
  header[7] = static_cast<char>(payload.size() & 0xFFU);
  return header + payload;
}

std::string direct(const std::string& types, const std::string& values) {
  return caf_message(2, std::string(3, '\0') + static_cast<char>(types.size()) + types + values);
}

std::string sized(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

void add_tunnel(seed_writer& seeds) {
  const std::string node_id = std::string("\0\0\x3e\x9a\xab\x9b\xac\x79", 8) + std::string(24, 'n');
  const std::string meeting = caf_message(1, node_id) +
                              direct("@<>+@atom+@atom+@str", std::string(16, '\0') + sized("info"));
  const std::string question =
      direct("@<>+prism.operator_request", std::string("\0\1", 2) + sized(std::string(64, 'a')) +
                                               sized("status") + sized("{\"rows\":1}"));
  const std::string answer =
      direct("@<>+@atom+@str+@strong_actor_ptr+@str", std::string(8, '\0') + sized("info") +
                                                          std::string("\0\0\0\0\0\0\0\1", 8) +
                                                          node_id + sized("SpawnServ"));
  const std::string end = caf_message(4, node_id + node_id) + caf_message(6, "") +
                          caf_message(5, node_id + node_id + std::string(11, '\0') + "\3@<>");
  for (const char cut : {'\0', ' '})
    for (const auto& each : {meeting, question, answer, end, meeting + answer + question + end})
      add(seeds, "tunnel", cut + each);
}

void add_http(seed_writer& seeds) {
  for (const auto* each :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /?a=b HTTP/1.0\r\n\r\n",
        "PUT / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /bad HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
        "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "GET /events HTTP/1.1\r\nConnection: keep-alive\r\n\r\n",
        "GET /none HTTP/1.1\r\nA:\r\n b\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n"})
    add(seeds, "http", std::string{"\1"} + each);
}

void add_grpc(seed_writer& seeds) {
  namespace h2 = net::test;
  constexpr std::uint8_t whole = NGHTTP2_FLAG_END_HEADERS;
  constexpr std::uint8_t last = NGHTTP2_FLAG_END_STREAM;
  const auto call = [](std::uint32_t stream, std::string_view path, std::string_view body) {
    return h2::raw_frame(NGHTTP2_HEADERS, whole, stream, h2::raw_request_block(path)) +
           h2::raw_frame(NGHTTP2_DATA, last, stream, body);
  };
  const auto block = h2::raw_request_block("/hold");
  const std::string code(4, '\0');
  const std::string window{"\0\x04\0\0\0\1", 6};
  for (const auto& each :
       {call(1, "/hold", h2::raw_message("hello")), call(1, "/echo", h2::raw_message("hello")),
        call(1, "/large", h2::raw_message("")) + call(3, "/fail", h2::raw_message("no")),
        call(1, "/hold", h2::raw_message("one")) + h2::raw_frame(NGHTTP2_RST_STREAM, 0, 1, code),
        call(1, "/echo", h2::raw_message("two", '\1')),
        call(1, "/echo", h2::raw_message("more than it may be, by far and away")),
        call(1, "/echo", h2::raw_message("1") + h2::raw_message("2")),
        h2::raw_frame(NGHTTP2_HEADERS, 0, 1, block.substr(0, 20)) +
            h2::raw_frame(NGHTTP2_CONTINUATION, whole, 1, block.substr(20)) +
            h2::raw_frame(NGHTTP2_DATA, last, 1, h2::raw_message("split")),
        h2::raw_frame(NGHTTP2_HEADERS, whole, 1,
                      block + h2::raw_field("grpc-timeout", "100m") +
                          h2::raw_field("grpc-encoding", "gzip")) +
            h2::raw_frame(NGHTTP2_DATA, last, 1, h2::raw_message("soon")),
        h2::raw_frame(NGHTTP2_PING, 0, 0, "12345678") +
            h2::raw_frame(NGHTTP2_SETTINGS, 0, 0, window) +
            call(1, "/large", std::string(5, '\0')) +
            h2::raw_frame(NGHTTP2_WINDOW_UPDATE, 0, 1, std::string{"\0\0\1\0", 4}),
        call(1, "/hold", h2::raw_message("")) +
            h2::raw_frame(NGHTTP2_GOAWAY, 0, 0, std::string(8, '\0')),
        h2::raw_frame(NGHTTP2_HEADERS, whole, 1, block) +
            h2::raw_frame(NGHTTP2_PRIORITY, 0, 3, std::string{"\0\0\0\1\x10", 5}) +
            h2::raw_frame(NGHTTP2_HEADERS, whole | last, 1, h2::raw_field("x", "trailer"))})
    for (const auto* const begin : {"\1", "\x5a", "\x3f"})
      add(seeds, "grpc", begin + each);
  add(seeds, "grpc", "\x80" + h2::raw_greeting());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: fuzz_seeds SAMPLE.frames.zst DIRECTORY\n", stderr);
    return 2;
  }
  seed_writer seeds{argv[2]};
  std::size_t number = 0;
  const test::sample_frames sample{argv[1]};
  sample.each([&](std::span<const std::byte> message) {
    const auto decoded = decode_frame(message);
    const auto* commit = decoded ? std::get_if<commit_frame>(&*decoded) : nullptr;
    // The first messages are all alike; a stride gets every kind.
    if (commit == nullptr || ++number % 20 == 0)
      seeds.add("frame", message);
    if (commit != nullptr && number % 20 == 0)
      add_blocks(seeds, commit->blocks);
  });
  seeds.add("link",
            net::write(net::link_hello{.cluster = "lab", .from = "a", .name = "one", .to = "b"}));
  seeds.add("link", net::write(net::link_answer{
                        .version = 1, .cluster = "lab", .from = "b", .name = "two"}));
  seeds.add("link",
            net::write(net::link_answer{.refusal = "no", .reason = net::link_end::redundant}));
  std::vector<std::byte> messages;
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto head = net::encode_link_head(
        {.head = {{"kind", n == 0 ? "ping" : "frames"}, {"number", n}},
         .payload = {std::make_shared<const std::vector<std::byte>>(n * 5, std::byte{7})}});
    messages.insert(messages.end(), head->begin(), head->end());
    messages.insert(messages.end(), static_cast<std::size_t>(n * 5), std::byte{7});
  }
  seeds.add("link", messages);
  seeds.add("hello", net::write(net::client_hello{.cluster = "lab", .sender = "prismctl"}));
  seeds.add("hello", net::write(net::server_hello{.refusal = "no room"}));
  seeds.add(
      "hello",
      net::write(net::server_hello{
          .cluster = "lab", .node_name = "node-1", .node_id = "7", .token = std::string(64, 'a')}));
  add_tunnel(seeds);
  add_http(seeds);
  add_grpc(seeds);
  return 0;
}
