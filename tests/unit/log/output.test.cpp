#include "log/output.hpp"

#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <spdlog/sinks/ostream_sink.h>
#include <sstream>
#include <thread>

namespace prism::log {

namespace {

using namespace std::chrono_literals;

/// The lines of the process behind the newest one so far.
class new_lines {
public:
  [[nodiscard]] std::vector<line> take() const {
    line_filter wanted;
    wanted.after = before_;
    return recent_lines().find(wanted).lines;
  }

private:
  std::uint64_t before_{recent_lines().find({}).newest};
};

struct captured {
  captured() { add_sink(sink); }
  ~captured() { remove_sink(sink); }
  captured(const captured&) = delete;
  captured& operator=(const captured&) = delete;

  std::ostringstream text;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink{
      std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
};

} // namespace

TEST_CASE("a line reaches the sinks and the last lines, with its component and level") {
  const new_lines lines;
  {
    const captured to;
    shard().warn("shard {}: slow", 3);
    shard().debug("nobody sees this");
    CHECK_THAT(to.text.str(), Catch::Contains("shard 3: slow"));
    CHECK_THAT(to.text.str(), !Catch::Contains("nobody"));
  }
  const auto seen = lines.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].text == "shard 3: slow");
  CHECK(seen[0].severity == level::warn);
  CHECK(seen[0].from == component::shard);
  CHECK(std::chrono::system_clock::now() - seen[0].time < 1min);
}

TEST_CASE("the level of one component is changed for a time, and the log says so") {
  const captured quiet;
  const new_lines lines;
  const auto now = steady_clock::now();
  REQUIRE(set_level(component::identity, level::debug, 60s, now));
  identity().debug("seen");
  shard().debug("not seen");
  CHECK(levels(now)[static_cast<std::size_t>(component::identity)].now == level::debug);
  end_due_levels(now + 60s);
  identity().debug("not seen any more");
  CHECK(levels(now + 60s)[static_cast<std::size_t>(component::identity)].now == level::info);
  std::vector<std::string> texts;
  for (const auto& each : lines.take())
    texts.push_back(each.text);
  CHECK(texts ==
        std::vector<std::string>{"log-level of identity is debug for 60 s, then info again", "seen",
                                 "log-level of identity is info again"});
  CHECK_FALSE(set_level(component::identity, level::debug, 0s, now));
}

TEST_CASE("a line has the level that is passed in") {
  const captured quiet;
  const new_lines lines;
  shard().log(level::error, "{}", "gone");
  shard().log(level::debug, "{}", "not seen");
  const auto seen = lines.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].severity == level::error);
  CHECK(seen[0].text == "gone");
}

TEST_CASE("sinks come and go while threads log") {
  const captured quiet;
  std::jthread writer([](const std::stop_token& ends) {
    while (!ends.stop_requested())
      pool().info("again");
  });
  for (int i = 0; i < 200; ++i) {
    const captured another;
    const auto before = recent_lines().find({}).newest;
    while (recent_lines().find({}).newest < before + 5)
      std::this_thread::yield();
  }
}

TEST_CASE("lines of several threads about one thing are limited together") {
  line_limit<int> limit(10s, 4);
  const time_point start{};
  std::atomic<int> written{0};
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n)
          if (limit.allow(7, start))
            ++written;
      });
  }
  CHECK(written == 1);
  CHECK(limit.allow(7, start + 10s) == 399U);
}

} // namespace prism::log
