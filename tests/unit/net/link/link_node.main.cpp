// A node's links for programs in other languages: makes an authority in the directory DIR, prints
// "PORT CA CERTIFICATE KEY" (the files for a peer "a" of node "b"), and ends with its standard
// input.
#include "net/certificates/authority.hpp"
#include "net/link/links.hpp"

#include <cstdio>
#include <fmt/format.h>

using namespace prism;
using namespace prism::net;

namespace {

expected<void> run(const std::string& directory) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  auto ca = authority::create(directory, "lab", now, existing_file::keep);
  if (!ca)
    return tl::unexpected(ca.error());
  for (const auto* const name : {"node-a", "node-b"})
    if (auto made =
            ca->issue({.name = name, .role = certificate_role::node, .hosts = {"127.0.0.1"}}, now,
                      existing_file::keep);
        !made)
      return tl::unexpected(made.error());
  auto started = links::start({.id = "b",
                               .name = "node-b",
                               .ca_file = directory + "/ca.crt",
                               .certificate_file = directory + "/node-b.crt",
                               .key_file = directory + "/node-b.key",
                               .crl_file = directory + "/crl.pem",
                               .ping_interval = std::chrono::milliseconds{300},
                               .silence_limit = std::chrono::milliseconds{2'000}},
                              {.up = [](const auto&, auto) {},
                               .down = [](const auto&, auto, const auto&) {},
                               .received = [](const auto&, const auto&, auto) {}});
  if (!started)
    return tl::unexpected(started.error());
  (*started)->set_peers({{.id = "a", .name = "node-a", .address = "127.0.0.1:1"}});
  fmt::print("{} {}/ca.crt {}/node-a.crt {}/node-a.key\n", (*started)->port(), directory, directory,
             directory);
  std::fflush(stdout);
  while (std::getchar() != EOF)
    ;
  return {};
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: link_node DIR\n");
    return 2;
  }
  if (const auto done = run(argv[1]); !done) {
    fmt::print(stderr, "link_node: {}\n", done.error().message);
    return 1;
  }
  return 0;
}
