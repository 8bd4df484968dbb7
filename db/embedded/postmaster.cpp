#include "db/embedded/postmaster.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace prism::db {
namespace {

namespace fs = std::filesystem;

template <class Int>
std::optional<Int> whole_number(std::string_view text) {
  Int value{};
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<std::string> contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace

std::optional<postmaster_file> parse_postmaster_file(std::string_view text) {
  enum line : std::size_t {
    pid,
    data_directory,
    start_time,
    port,
    socket,
    address,
    memory,
    status
  };
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string next; std::getline(in, next);)
    lines.push_back(std::move(next));
  lines.resize(status + 1);
  const auto number = whole_number<pid_t>(lines[pid]);
  if (!number || *number <= 0)
    return std::nullopt;
  auto& state = lines[status]; // padded with spaces
  state.erase(state.find_last_not_of(' ') + 1);
  return postmaster_file{*number, whole_number<int>(lines[port]).value_or(0), lines[socket], state};
}

std::optional<postmaster_file> read_postmaster_file(const fs::path& data_directory) {
  const auto text = contents(data_directory / "postmaster.pid");
  return text ? parse_postmaster_file(*text) : std::nullopt;
}

std::vector<pid_t> processes_in(const fs::path& directory) {
  std::vector<pid_t> found;
  std::error_code error;
  const auto wanted = fs::canonical(directory, error);
  if (error)
    return found;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto pid = whole_number<pid_t>(entry.path().filename().string());
    if (!pid)
      continue;
    std::error_code ignored;
    if (fs::read_symlink(entry.path() / "cwd", ignored) == wanted && !ignored)
      found.push_back(*pid);
  }
  return found;
}

std::optional<process_identity> identify(pid_t pid) {
  // Field 22 of /proc/PID/stat (proc(5)); the name, field 2, may contain spaces and parentheses.
  const auto text = contents(fs::path("/proc") / std::to_string(pid) / "stat");
  if (!text)
    return std::nullopt;
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos)
    return std::nullopt;
  std::istringstream fields(text->substr(name_end + 1));
  char state{};
  fields >> state;
  if (state == 'Z' || state == 'X')
    return std::nullopt;            // a zombie
  constexpr int fields_before = 18; // 4 to 21
  std::string skipped;
  for (int i = 0; i < fields_before; ++i)
    fields >> skipped;
  process_identity identity{pid, 0};
  if (!(fields >> identity.start_ticks))
    return std::nullopt;
  return identity;
}

bool is_alive(const process_identity& process) {
  const auto now = identify(process.pid);
  return now && *now == process;
}

} // namespace prism::db
