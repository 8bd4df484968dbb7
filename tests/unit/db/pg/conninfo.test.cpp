#include "db/pg/conninfo.hpp"

#include "db/pg/connection.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace prism::db;
using Catch::Contains;

TEST_CASE("a masked connection string shows everything but the password") {
  const auto masked =
      mask_conninfo("postgresql://prism:s3cret@db.example:6432/app?sslmode=require");
  CHECK_THAT(masked, !Contains("s3cret"));
  CHECK_THAT(masked, Contains("password='***'") && Contains("host='db.example'") &&
                         Contains("port='6432'") && Contains("sslmode='require'"));
  CHECK_THAT(mask_conninfo("host=a user=b password='it''s' sslpassword=x9y"), !Contains("x9y"));
}

TEST_CASE("a connection string that cannot be parsed is not shown") {
  CHECK(mask_conninfo("host=db password s3cret") == "(unparsable connection string)");
  const auto opened = connection::open({.conninfo = "host=db password s3cret"});
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, !Contains("s3cret"));
}

TEST_CASE("the rest of a password after an unescaped @ is neither shown nor looked up") {
  const std::string url = "postgresql://prism:s3@cret@db.example/app";
  CHECK_THAT(mask_conninfo(url), !Contains("cret@") && Contains("db.example"));
  const auto opened = connection::open({.conninfo = url});
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, !Contains("cret") && Contains("%40"));
}

TEST_CASE("a password with an unescaped slash is neither shown nor tried") {
  const std::string url = "postgresql://prism:s3cret/rest@db.example/app";
  CHECK(mask_conninfo(url) == "(unparsable connection string)");
  const auto opened = connection::open({.conninfo = url});
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, !Contains("s3cret") && !Contains("rest@") && Contains("%2F"));
}

TEST_CASE("no failing connection shows any part of a password") {
  const auto* conninfo = GENERATE(
      "postgresql://u:hush@127.0.0.1:1/none", "postgresql://u:hu%73h@127.0.0.1:1/none",
      "postgresql://u:hush%zz@127.0.0.1:1/none", "postgresql://u:hush@[::1/none",
      "postgresql://u:hush hush@127.0.0.1:1/none", "postgresql://u:x@hush@127.0.0.1:1/none",
      "postgresql://u:hush/x@127.0.0.1:1/none", "postgresql://u:x/hush@127.0.0.1:1/none",
      "postgresql://u:1/hush@127.0.0.1:1/none", "postgresql://u:hush:x@127.0.0.1:1/none",
      "postgresql://u:hush?x@127.0.0.1:1/none", "postgresql://u:hush#x@127.0.0.1:1/none",
      "postgresql://u@127.0.0.1:1/none?password=hush",
      "postgresql://u@127.0.0.1:1/none?password=hush&wrong=1",
      "host=127.0.0.1 port=1 password=hush", "host=127.0.0.1 port=1 password='hush",
      "host=127.0.0.1 port=1 password = 'a hush' sslpassword=hush", "password hush",
      "host=127.0.0.1 port=1 password=hush hush", "host=127.0.0.1 port=1 password=x\\ hush wrong");
  INFO(conninfo);
  CHECK_THAT(mask_conninfo(conninfo), !Contains("hush"));
  const auto opened = connection::open({.conninfo = conninfo});
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, !Contains("hush"));
}

TEST_CASE("the connection string overrides the options but not the encoding") {
  const auto keywords = connection_keywords(
      {.conninfo = "host=x tcp_user_timeout=7 client_encoding=LATIN1", .application_name = "a"});
  REQUIRE(keywords);
  const auto value = [&](std::string_view name) {
    CHECK(std::ranges::count(*keywords, name, &std::pair<std::string, std::string>::first) == 1);
    return std::ranges::find(*keywords, name, &std::pair<std::string, std::string>::first)->second;
  };
  CHECK(value("tcp_user_timeout") == "7");
  CHECK(value("client_encoding") == "UTF8");
  CHECK(value("fallback_application_name") == "a");
  CHECK(value("keepalives_idle") == "30");
}

TEST_CASE("an unreachable server is a transient error that does not show the password") {
  const auto opened =
      connection::open({.conninfo = "postgresql://u:s3cret@127.0.0.1:1/none?connect_timeout=2"});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sqlstate == "08001");
  CHECK(opened.error().cls == error_class::transient);
  CHECK_THAT(opened.error().message, !Contains("s3cret") && Contains("127.0.0.1"));
}

TEST_CASE("what only another connection string mends is not tried again") {
  const auto* conninfo = GENERATE(
      "nonsense", "host=127.0.0.1 no_such_keyword=1", "postgresql://[::1/app",
      "host=127.0.0.1 sslmode=nonsense", "host=127.0.0.1 port=99999", "service=no_such_service",
      "hostaddr=nonsense", "host=127.0.0.1 target_session_attrs=any_one",
      "postgresql://prism:s3@cret@db.example/app");
  INFO(conninfo);
  const auto opened = connection::open({.conninfo = conninfo});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().sqlstate == "F0000");
  CHECK(opened.error().cls == error_class::fatal);
}

TEST_CASE("libpq's reasons are told apart: ours, and those that may pass") {
  const std::string to = "connection to server at \"db\", port 5432 failed: ";
  for (const std::string ours :
       {"SSL error: certificate verify failed",
        "server certificate for \"localhost\" does not match host name \"db\"",
        "root certificate file \"/no.crt\" does not exist\nEither provide the file or change "
        "sslmode",
        "could not read root certificate file \"/ca\": no certificate or crl found",
        "private key file \"/key\" has group or world access", "fe_sendauth: no password supplied",
        "server does not support SSL, but SSL was required",
        "channel binding required, but server authenticated client without channel binding"}) {
    INFO(ours);
    CHECK(is_client_configuration(to + ours));
    // Another host may come back.
    CHECK(is_client_configuration(to + ours + "\n" + to + ours));
    CHECK_FALSE(is_client_configuration(to + ours + "\n" + to + "Connection refused"));
    CHECK_FALSE(is_client_configuration(to + "Connection refused\n" + to + ours));
    CHECK_FALSE(is_client_configuration(
        "could not translate host name \"a\" to address: Name or service not known\n" + to + ours));
  }
  for (const std::string passing :
       {"Connection refused\n\tIs the server running on that host and accepting TCP/IP "
        "connections?",
        "FATAL:  57P03: the database system is starting up", "timeout expired",
        "server is not in hot standby mode", "session is read-only",
        "server closed the connection unexpectedly"}) {
    INFO(passing);
    CHECK_FALSE(is_client_configuration(to + passing));
  }
  CHECK_FALSE(is_client_configuration("could not translate host name \"db\" to address: Temporary "
                                      "failure in name resolution"));
  CHECK_FALSE(is_client_configuration("out of memory"));
  CHECK_FALSE(is_client_configuration(""));
}

TEST_CASE("hosts, addresses and ports that do not fit together are refused as libpq refuses them") {
  const auto refused = [](const std::string& conninfo) {
    const auto opened = connection_keywords({.conninfo = conninfo});
    if (!opened)
      CHECK(opened.error().sqlstate == sqlstate::client_configuration);
    return !opened;
  };
  CHECK(refused("host=a,b port=1,2,3"));
  CHECK(refused("host=a port=1,2"));
  CHECK(refused("port=1,2"));
  CHECK(refused("host=a,b hostaddr=127.0.0.1"));
  CHECK(refused("host=a hostaddr=127.0.0.1,127.0.0.2"));
  CHECK_FALSE(refused("host=a,b port=1"));
  CHECK_FALSE(refused("host=a,b port=1,"));
  CHECK_FALSE(refused("host=a,b hostaddr=127.0.0.1, port=1,2"));
  CHECK_FALSE(refused("postgresql://a:1,b:2/db"));
  CHECK_FALSE(refused("hostaddr=127.0.0.1,127.0.0.2 port=1,2"));
  CHECK_FALSE(refused(""));
}
