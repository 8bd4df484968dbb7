// wss: verification of the relay's certificate.

#include "tests/unit/net/support/certificates.hpp"
#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"

#include <catch2/catch.hpp>

using namespace prism::net;
using namespace prism::net::test;

namespace {

// A relay with a certificate for `subject`, and a client that connects to `host`.
struct encounter {
  temporary_directory directory;
  certificate_authority authority{directory, "right"};
  certificate_authority stranger{directory, "wrong"};
  corpus frames = make_corpus(50);
  std::unique_ptr<replay_server> relay;
  ws_source_options options;

  encounter(const std::string& subject, const std::string& host,
            std::vector<replay_fault> faults = {}) {
    const auto files = authority.issue(subject);
    relay = start_relay(frames, {.faults = std::move(faults),
                                 .tls_certificate_file = files.certificate,
                                 .tls_key_file = files.key});
    options = quick_options("wss://" + host + ":" + std::to_string(relay->port()));
    options.extra_ca_file = authority.file();
  }

  // The reason of the rejection.
  std::string refused() {
    client consumer(options);
    REQUIRE(consumer.wait_for_end(disconnect_reason::tls_failed, 2));
    CHECK(consumer.count() == 0);
    CHECK(relay->stats().connections == 0);
    return consumer.text_of(disconnect_reason::tls_failed);
  }
};

} // namespace

TEST_CASE("a relay with a certificate for its name from a known authority is accepted") {
  encounter meeting("DNS:localhost", "localhost");
  client consumer(meeting.options);
  REQUIRE(consumer.wait_for_count(50));
  CHECK(consumer.frames() == contents(meeting.frames));
  consumer.source->stop();
  CHECK(consumer.changes().back().text == "stopped; closed by both sides");
}

TEST_CASE("a relay with a certificate for its address is accepted") {
  encounter meeting("IP:127.0.0.1", "127.0.0.1");
  client consumer(meeting.options);
  REQUIRE(consumer.wait_for_count(50));
}

TEST_CASE("a certificate for another name is refused") {
  encounter meeting("DNS:relay.example", "localhost");
  CHECK_THAT(meeting.refused(), Catch::Contains("hostname mismatch", Catch::CaseSensitive::No));
}

TEST_CASE("a certificate for another address is refused") {
  encounter meeting("IP:127.0.0.2", "127.0.0.1");
  CHECK_THAT(meeting.refused(), Catch::Contains("IP address mismatch", Catch::CaseSensitive::No));
}

TEST_CASE("a certificate from an unknown authority is refused") {
  encounter meeting("DNS:localhost", "localhost");
  SECTION("with the system's authorities only") {
    meeting.options.extra_ca_file.clear();
  }
  SECTION("with another authority") {
    meeting.options.extra_ca_file = meeting.stranger.file();
  }
  CHECK_THAT(meeting.refused(), Catch::Contains("issuer certificate"));
}

TEST_CASE("a relay without TLS at a wss URL ends the attempt with a reason") {
  const auto relay = start_relay({});
  client consumer(quick_options("wss://127.0.0.1:" + std::to_string(relay->port())));
  REQUIRE(consumer.wait_for_end(disconnect_reason::tls_failed, 2));
  CHECK_THAT(consumer.text_of(disconnect_reason::tls_failed), Catch::Contains("TLS handshake"));
}

TEST_CASE("the source recovers from faults over TLS as without it") {
  std::vector<replay_fault> faults;
  for (const auto* text : {"close-at=10", "reset-at=20", "oversized-at=30", "reset-at=40"})
    faults.push_back(*parse_fault(text));
  encounter meeting("DNS:localhost", "localhost", faults);
  client consumer(meeting.options);
  REQUIRE(consumer.wait_for_count(50));
  CHECK(consumer.frames() == contents(meeting.frames));
  CHECK(meeting.relay->stats().faults_fired == 4);
}

TEST_CASE("a client without TLS at a TLS relay does not disturb it") {
  encounter meeting("DNS:localhost", "localhost");
  client stranger(quick_options("ws://127.0.0.1:" + std::to_string(meeting.relay->port())));
  REQUIRE(eventually([&] { return stranger.source->stats().attempts >= 3; }));
  client consumer(meeting.options);
  REQUIRE(consumer.wait_for_count(50));
}

TEST_CASE("a relay with unreadable certificate files does not start, and says which") {
  temporary_directory directory;
  certificate_authority authority(directory, "right");
  const auto files = authority.issue("DNS:localhost");
  const auto no_certificate =
      replay_server::start({}, {.tls_certificate_file = "/no/cert.pem", .tls_key_file = files.key});
  REQUIRE_FALSE(no_certificate);
  CHECK_THAT(no_certificate.error().message, Catch::Contains("/no/cert.pem"));
  const auto no_key = replay_server::start(
      {}, {.tls_certificate_file = files.certificate, .tls_key_file = "/no/key.pem"});
  REQUIRE_FALSE(no_key);
  CHECK_THAT(no_key.error().message, Catch::Contains("/no/key.pem"));
}
