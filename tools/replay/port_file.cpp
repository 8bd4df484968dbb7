#include "tools/replay/port_file.hpp"

#include "core/errno_text.hpp"

#include <cstdio>

namespace prism::net {

expected<void> write_port_file(const std::string& path, std::uint16_t port) {
  const std::string draft = path + ".new";
  std::FILE* file = std::fopen(draft.c_str(), "w");
  bool good = file != nullptr && std::fprintf(file, "%u\n", unsigned{port}) > 0;
  if (file != nullptr)
    good = std::fclose(file) == 0 && good;
  if (!good || std::rename(draft.c_str(), path.c_str()) != 0)
    return fail(errc::io, "--port-file: '{}': {}", path, errno_text());
  return {};
}

} // namespace prism::net
