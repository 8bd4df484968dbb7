#include "world.hpp"

#include <future>

using namespace prism;
using namespace prism::net;
using namespace prism::net::test;

TEST_CASE("a good certificate opens the tunnel, and both sides know who is there", "[tunnel]") {
  world w;
  const auto opened = must(w.open(w.ca.issue("ann", certificate_role::operating)));
  CHECK(opened->node().cluster == "test");
  CHECK(opened->node().node_name == "node-1");
  CHECK(opened->node().node_id == "start 7");
  CHECK(opened->node().role == certificate_role::operating);
  const auto present = w.present();
  REQUIRE(present.size() == 1);
  CHECK(present.begin()->first == opened->node().token);
  CHECK(present.begin()->second.name == "ann");
  CHECK(present.begin()->second.role == certificate_role::operating);
  CHECK(present.begin()->second.serial == must(w.ca.it.list()).back().serial);
  CHECK(present.begin()->second.sender == "a test");
  CHECK(w.server->stats().open == 1);

  connection local(opened->port());
  local.send("what is up?");
  CHECK(local.receive(11) == "what is up?");
}

TEST_CASE("the end of either side ends the tunnel", "[tunnel]") {
  world w({}, [](backend::tcp::socket& socket) {
    std::array<char, 4> word{};
    boost::system::error_code ec;
    boost::asio::read(socket, boost::asio::buffer(word), ec);
    if (!ec && std::string(word.data(), word.size()) == "bye!")
      socket.shutdown(backend::tcp::socket::shutdown_both, ec);
    else
      backend::echo(socket);
  });
  const auto who = w.ca.issue("ann", certificate_role::viewing);
  SECTION("the client goes") {
    auto opened = must(w.open(who));
    REQUIRE(w.present().size() == 1);
    opened.reset();
  }
  SECTION("the process behind the client closes its connection") {
    const auto opened = must(w.open(who));
    {
      connection local(opened->port());
      local.send("four");
      CHECK(eventually([&] { return w.server->stats().bytes_in == 4; }));
    }
    CHECK(eventually([&] { return opened->ended(); }));
  }
  SECTION("the node closes its connection") {
    const auto opened = must(w.open(who));
    connection local(opened->port());
    local.send("bye!");
    CHECK(local.wait_for_end());
    CHECK(eventually([&] { return opened->ended(); }));
  }
  CHECK(eventually([&] { return w.present().empty() && w.server->stats().open == 0; }));
}

TEST_CASE(
    "megabytes pass both ways unchanged, also what comes after one side has ended its sending",
    "[tunnel]") {
  world w;
  const auto opened = must(w.open(w.ca.issue("ann", certificate_role::viewing)));
  connection local(opened->port());
  std::string sent(std::size_t{8} << 20, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i)
    sent[i] = static_cast<char>((i * 2654435761U) >> 13U);
  auto writing = std::async(std::launch::async, [&] {
    local.send(sent);
    local.socket.shutdown(connection::tcp::socket::shutdown_send);
  });
  CHECK(local.receive(sent.size()) == sent);
  writing.get();
  CHECK(eventually([&] { return w.server->stats().bytes_out == sent.size(); }));
  CHECK(w.server->stats().bytes_in == sent.size());
}

TEST_CASE("the tunnel reads no more while its other end does not read", "[tunnel]") {
  std::promise<void> end;
  world w({}, [ended = end.get_future().share()](backend::tcp::socket&) { ended.wait(); });
  const auto opened = must(w.open(w.ca.issue("ann", certificate_role::viewing)));
  connection local(opened->port());
  local.socket.non_blocking(true);
  const std::string piece(std::size_t{64} << 10, 'x');
  const auto push = [&] {
    boost::system::error_code ec;
    local.socket.write_some(boost::asio::buffer(piece), ec);
    return w.server->stats().bytes_in;
  };
  // Kernel buffers of three connections and two buffers of the pumps, and not more.
  const auto taken = stable_value(push, std::chrono::milliseconds{500});
  CHECK(taken < std::uint64_t{32} << 20);
  end.set_value();
}

TEST_CASE("twenty clients are served at once, also of one certificate", "[tunnel]") {
  world w({.max_handshakes_per_address = 20}); // all are of this one
  const auto who = w.ca.issue("ann", certificate_role::viewing);
  std::vector<std::future<std::string>> all;
  all.reserve(20);
  std::promise<void> everybody;
  const auto there = everybody.get_future().share();
  for (int i = 0; i < 20; ++i)
    all.push_back(std::async(std::launch::async, [&w, &who, there, i] {
      const auto opened = w.open(who);
      if (!opened)
        return opened.error().message;
      there.wait();
      connection local((*opened)->port());
      const auto text = "client " + std::to_string(i);
      local.send(text);
      return local.receive(text.size()) == text ? std::string{"good"} : std::string{"bad echo"};
    }));
  CHECK(eventually([&] { return w.server->stats().open == 20 && w.present().size() == 20; }));
  everybody.set_value();
  for (auto& each : all)
    CHECK(each.get() == "good");
}

TEST_CASE("a tunnel through which nothing passes is cut", "[tunnel]") {
  world w({.idle_limit = std::chrono::milliseconds{50}});
  const auto opened = must(w.open(w.ca.issue("ann", certificate_role::viewing)));
  connection local(opened->port());
  CHECK(local.wait_for_end());
  CHECK(eventually([&] { return w.present().empty(); }));
  CHECK(w.server->stats().idle == 1);
}

TEST_CASE("the client's port takes one connection, of its own process", "[tunnel]") {
  world w;
  const auto opened = must(w.open(w.ca.issue("ann", certificate_role::viewing)));
  const auto stranger = fmt::format("exec 3<>/dev/tcp/127.0.0.1/{} && cat <&3", opened->port());
  // bash ends when the tunnel closes its connection; nothing was sent through.
  CHECK(std::system(("bash -c '" + stranger + "' > /dev/null 2>&1").c_str()) >= 0);
  connection local(opened->port());
  local.send("mine");
  CHECK(local.receive(4) == "mine");
  CHECK_THROWS(connection(opened->port()));
  CHECK(w.server->stats().bytes_in == 4);
}
