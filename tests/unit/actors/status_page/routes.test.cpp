#include "actors/inspector/command.hpp"
#include "actors/status_page/page_policy.hpp"
#include "actors/status_page/status_routes.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

TEST_CASE_METHOD(actor_fixture,
                 "/status shows the views that change nothing and wait for nothing") {
  const net::http_router router(status_routes(node));
  CHECK(router.answer("GET", "/status", "").status == 200);
  for (const auto& each : all_commands()) {
    INFO(each.name);
    const auto answer = router.answer("GET", "/status?view=" + std::string{each.name}, "");
    if (answer.status == 200) {
      CHECK_FALSE(each.acts);
      CHECK(each.place == command_place::at_once);
      CHECK(each.name != "start-trace");
      CHECK(boost::json::parse(answer.body).at("view").as_string() == each.name);
    } else {
      CHECK(answer.status == 404);
      CHECK_THAT(answer.body, Catch::Contains("status, actors, channels, caches, log"));
    }
  }
  for (const std::string wrong : {"view=", "view=none", "other=status", "view=status&x=1"})
    CHECK(router.answer("GET", "/status?" + wrong, "").status == 404);
  CHECK(router.answer("POST", "/status", "").status == 405);
}

TEST_CASE_METHOD(actor_fixture, "the events have status, actors and channels, at a bounded pace") {
  const net::http_router router(status_routes(node));
  const auto answer = router.answer("GET", "/status/events?interval=2", "");
  CHECK(answer.content_type == "text/event-stream");
  CHECK(answer.stream.every == std::chrono::seconds{2});
  const auto event = answer.stream.next();
  REQUIRE_THAT(event, Catch::StartsWith("data: {") && Catch::EndsWith("}\n\n"));
  const auto read = boost::json::parse(std::string_view{event}.substr(6));
  for (const auto* view : {"status", "actors", "channels"})
    CHECK(read.at(view).at("view").as_string() == view);
  for (const std::string wrong : {"interval=0", "interval=61", "interval=", "interval=1x", "x=1"})
    CHECK(router.answer("GET", "/status/events?" + wrong, "").status == 400);
}

TEST_CASE_METHOD(actor_fixture, "the page is whole, and may load nothing from elsewhere") {
  const net::http_router router(status_routes(node));
  const auto page = router.answer("GET", "/", "");
  CHECK(page.status == 200);
  CHECK(page.body.size() < 60'000);
  CHECK_THAT(page.body, Catch::StartsWith("<!doctype html>") && Catch::EndsWith("</html>\n"));
  CHECK(page.body.find("innerHTML") == std::string::npos);
  bool policy = false;
  for (const auto& [name, value] : page.headers)
    if (name == "Content-Security-Policy") {
      policy = true;
      CHECK_THAT(value, Catch::StartsWith("default-src 'none'; script-src 'sha256-") &&
                            !Catch::Contains("unsafe"));
    }
  CHECK(policy);
  CHECK(page.body.find(" style=") == std::string::npos); // no hash would allow it
  CHECK(page.body.find(" onclick=") == std::string::npos);
}

TEST_CASE("the policy of a page allows its own script and style, by their hashes") {
  // echo -n a | openssl dgst -sha256 -binary | base64
  CHECK_THAT(
      page_policy("<style>b</style><body><script>a</script>"),
      Catch::Contains("script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='") &&
          Catch::Contains("style-src 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='"));
}
