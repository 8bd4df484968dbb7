#include "tests/integration/overload/heavy_load.hpp"

#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace prism::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

namespace {

/// Likes and posts of two thousand repos, about 25 MB: more than window and socket buffers hold.
[[nodiscard]] const std::vector<frame_bytes>& frames() {
  static const auto all = [] {
    firehose_builder events;
    std::vector<record_ref> posts;
    const firehose_builder::fields link{{"uri", "https://example.com/"},
                                        {"title", "long"},
                                        {"description", std::string(1'500, 'x')}};
    const firehose_builder::fields embed{{"$type", "app.bsky.embed.external"}, {"external", link}};
    for (int i = 0; i < 18'000; ++i) {
      const auto who = fmt::format("user{}", i % 2'000);
      const auto rkey = fmt::format("r{}", i);
      if (i % 3 == 0)
        posts.push_back(events.post(who, rkey, {{"embed", embed}}));
      else
        events.like(who, rkey, posts[static_cast<std::size_t>(i) * 7 % posts.size()]);
    }
    return events.take();
  }();
  return all;
}

[[nodiscard]] const std::map<std::string, std::string>& expected_rows() {
  static const auto rows = [] {
    index_target target;
    target.apply(frames(), 500);
    REQUIRE(target.rejected.empty()); // or it would be no load
    REQUIRE(target.count("likes") > 10'000);
    return target.fingerprints();
  }();
  return rows;
}

} // namespace

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

heavy_load::heavy_load(std::uint64_t batch_max_frames) : watcher_(connect_to(database.direct)) {
  static_cast<void>(expected_rows());
  net::replay_options serve;
  serve.rate = frames_per_second;
  relay = net::replay_server::start(frames(), serve).value();
  auto options = node_settings(relay->url(), database.conninfo);
  options.firehose_window_frames = window_frames;
  options.batch_max_frames = batch_max_frames;
  options.transaction_timeout = 1s;
  options.metrics_listen = fmt::format("127.0.0.1:{}", http_port.number());
  options.until_caught_up = 4s;
  at_start_ = resident_bytes();
  running = start_node(options);
}

void heavy_load::slow_likes(std::chrono::milliseconds each) {
  must(watcher_.exec_script(fmt::format(
      "create table slow (); create function wait_a_bit() returns trigger language plpgsql as $$ "
      "begin if to_regclass('slow') is not null then perform pg_sleep({}); end if; return new; end "
      "$$; create trigger wait_a_bit before insert on likes for each row execute function "
      "wait_a_bit();",
      std::chrono::duration<double>(each).count())));
}

void heavy_load::full_speed() {
  must(watcher_.exec_script("drop table slow"));
}

std::int64_t heavy_load::stored_seq() {
  return must(watcher_.exec("select min(seq) from firehose_cursor")).get_int8(0, 0);
}

std::int64_t heavy_load::last_seq() const {
  return static_cast<std::int64_t>(frames().size());
}

unsigned heavy_load::ready() const {
  return ask_ready().status;
}

std::string heavy_load::ready_text() const {
  return ask_ready().body;
}

heavy_load::answer heavy_load::ask_ready() const {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), http_port.number()});
  http::request<http::empty_body> ask{http::verb::get, "/readyz", 11};
  ask.set(http::field::host, "localhost");
  http::write(socket, ask);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> got;
  http::read(socket, buffer, got);
  return {got.result_int(), got.body()};
}

bool heavy_load::relay_is_blocked() const {
  const auto before = relay->stats().frames_sent;
  std::this_thread::sleep_for(300ms); // over which a stream of this rate sends 1,800
  return before > 0 && relay->stats().frames_sent == before &&
         before < static_cast<std::uint64_t>(frames().size());
}

std::size_t heavy_load::growth() const {
  const auto now = resident_bytes();
  return now > at_start_ ? now - at_start_ : 0;
}

void heavy_load::check_end() {
  std::size_t peak = 0;
  CHECK(eventually([&] {
    peak = std::max(peak, growth());
    return stored_seq() == last_seq();
  }));
  finish(*running);
  CHECK(peak < max_growth);
  CHECK(differing(expected_rows(), rows_of(database.direct)) == std::vector<std::string>{});
}

} // namespace prism::test
