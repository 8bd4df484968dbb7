#include "tools/prismctl/render.hpp"
#include "tools/prismctl/screen.hpp"
#include "tools/prismctl/top.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace prism::prismctl;

namespace {

[[nodiscard]] boost::json::object object(const char* text) {
  return boost::json::parse(text).as_object();
}

} // namespace

TEST_CASE("values are shown in the units of their names, and strangers' text does not steer the "
          "terminal") {
  CHECK(value_text("since_seconds", 0.0123) == "12.3 ms");
  CHECK(value_text("since_seconds", 90) == "90.0 s");
  CHECK(value_text("since_seconds", 90'000) == "25.0 h");
  CHECK(value_text("bytes", 3'145'728) == "3 MiB");
  CHECK(value_text("seq", 12'345'678'901) == "12345678901");
  CHECK(value_text("ready", true) == "yes");
  CHECK(value_text("x", nullptr) == "-");
  CHECK(value_text("handle", "a\x1b[2Jb\nc") == "a\\x1b[2Jb\\x0ac");
  CHECK(value_text("handle", "Grüße") == "Grüße");
}

TEST_CASE("an answer is shown field by field, lists as tables") {
  const auto text = answer_text(object(R"({"truncated":true,"data":{
    "state":"ready","relay":{"connected":true},"empty":[],
    "cursors":[{"shard":0,"seq":1234},{"shard":11,"seq":5}]}})"));
  CHECK(text == "state  ready\n"
                "\nrelay.connected  yes\n"
                "\nempty: none\n"
                "\ncursors:\n"
                "shard   seq\n"
                "    0  1234\n"
                "   11     5\n"
                "\n(cut: there is more; see --limit)\n");
}

TEST_CASE("methods and slow calls of the data plane are tables, their arguments uncut") {
  const std::string arguments(200, 'a');
  const auto text = answer_text(object((R"({"truncated":false,"data":{
    "methods":[{"method":"GetActors","calls":1200,"per_second":4.5,"p50_seconds":0.0003,
      "p99_seconds":0.0021,"max_seconds":0.4,"not_ok":"","by_status":{"ok":1200}}],
    "slowest":[{"took_seconds":0.4,"method":"GetActors","status":"ok","at":"2026",
      "arguments":")" + arguments + R"("}]}})")
                                           .c_str()));
  CHECK(text == "methods:\n"
                "METHOD     CALLS  A SECOND     P50     P99     MAX  NOT OK\n"
                "GetActors   1200       4.5  300 µs  2.1 ms  400 ms  -\n"
                "\nslowest:\n"
                "  TOOK  METHOD     STATUS  AT    ARGUMENTS\n"
                "400 ms  GetActors  ok      2026  " +
                    arguments + "\n");
}

TEST_CASE("moments are shown in UTC, and bytes as digits and text") {
  CHECK(value_text("event_at_seconds", 1'795'430'953.937) == "2026-11-23T10:49:13.937Z");
  CHECK(value_text("event_at_seconds", 0) == "-");
  CHECK(answer_text(object(R"({"truncated":false,"data":{"id":1,
    "hex":"00417e7f1b5b32306120627974652063757420"}})")) ==
        "id  1\n\n"
        "00000000  00 41 7e 7f 1b 5b 32 30 61 20 62 79 74 65 20 63  .A~..[20a byte c\n"
        "00000010  75 74 20                                         ut \n");
}

TEST_CASE("the page of top fits its screen and draws what changes") {
  top_page page;
  const auto status =
      object(R"({"state":"ready","facts":["FAIL shard-1: blocked"],"operations":1000,
    "relay":{"frames":10,"bytes":1,"longest_wait_seconds":2},"database":{"sessions_active":3},
    "stuck":[{"what":"shard-1 has been handling tick for 9 s"}],"paused":[]})");
  auto later = status;
  later["operations"] = 3'000;
  boost::json::array many;
  for (int i = 0; i < 200; ++i)
    many.push_back({{"actor", "shard-" + std::to_string(i)}, {"state", "running"}, {"handled", i}});
  const boost::json::object actors{{"actors", many}};
  page.update(status, actors, {}, 0);
  page.update(later, actors, {}, 2);
  const auto text = page.draw("node:1", 80, 40);
  CHECK_THAT(text, Catch::Contains("FAIL shard-1: blocked") && Catch::Contains("stuck: shard-1") &&
                       Catch::Contains("operations/s             1000") &&
                       Catch::Contains("shard-199") && Catch::Contains("more; q ends"));
  CHECK(std::count(text.begin(), text.end(), '\n') <= 40);
}

TEST_CASE("a sparkline fills its width from the right") {
  sparkline line;
  CHECK(line.draw(3) == "   ");
  line.add(0);
  line.add(1);
  line.add(8);
  CHECK(line.draw(4) == "  ▁█");
  CHECK(line.draw(1) == "█");
  CHECK(cut_to_width("Grüße", 3) == "Grü");
}
