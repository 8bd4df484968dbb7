// pg_holder DIRECTORY: starts an embedded server there and holds it until this process dies.

#include "db/embedded/embedded_postgres.hpp"

#include <cstdio>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  prism::db::embedded_options options;
  options.directory = argv[1];
  options.initdb_arguments = {"--no-sync"};
  const auto server = prism::db::embedded_postgres::start(options);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("holding %d\n", server->pid());
  std::fflush(stdout);
  ::pause();
}
