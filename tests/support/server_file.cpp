#include "tests/support/server_file.hpp"

#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace prism::test {

namespace fs = std::filesystem;

fs::path server_file_of(const fs::path& directory, const db::process_identity& owner) {
  return directory / fmt::format("{}-{}", owner.pid, owner.start_ticks);
}

std::optional<db::process_identity> owner_of(const fs::path& file) {
  const std::string name = file.filename().string();
  const char* const end = name.data() + name.size();
  db::process_identity owner;
  const auto pid = std::from_chars(name.data(), end, owner.pid);
  if (pid.ec != std::errc{} || pid.ptr == end || *pid.ptr != '-')
    return std::nullopt;
  const auto start = std::from_chars(pid.ptr + 1, end, owner.start_ticks);
  if (start.ec != std::errc{} || start.ptr != end)
    return std::nullopt;
  return owner;
}

std::optional<server_file> read_server_file(const fs::path& file) {
  std::ifstream in(file);
  server_file content;
  if (in >> content.holder.pid >> content.holder.start_ticks >> std::ws &&
      std::getline(in, content.conninfo))
    return content;
  return std::nullopt;
}

void write_server_file(const fs::path& file, const server_file& content) {
  const fs::path unfinished = file.string() + ".new";
  std::ofstream out(unfinished, std::ios::trunc);
  out << content.holder.pid << ' ' << content.holder.start_ticks << '\n'
      << content.conninfo << '\n';
  out.close();
  std::error_code error;
  if (out)
    fs::rename(unfinished, file, error);
  if (!out || error)
    throw std::runtime_error("cannot write " + file.string());
}

} // namespace prism::test
