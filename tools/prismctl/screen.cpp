#include "tools/prismctl/screen.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace prism::prismctl {

screen::screen() {
  if (tcgetattr(STDIN_FILENO, &before_) == 0) {
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  fmt::print("\x1b[?1049h\x1b[?25l"); // the other screen, without a cursor
}

screen::~screen() {
  fmt::print("\x1b[?25h\x1b[?1049l");
  std::fflush(stdout);
  if (changed_)
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

bool screen::is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

screen::size screen::measure() {
  winsize found{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0 || found.ws_row == 0)
    return {};
  return {found.ws_col, found.ws_row};
}

std::string cut_to_width(const std::string& line, std::size_t width) {
  std::size_t shown = 0;
  for (std::size_t i = 0; i < line.size(); ++i)
    if ((static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U && ++shown > width)
      return line.substr(0, i);
  return line;
}

void screen::show(const std::string& text) {
  const auto room = measure();
  std::string out = "\x1b[H";
  std::size_t begin = 0;
  for (std::size_t line = 0; line < room.lines && begin < text.size(); ++line) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out += cut_to_width(text.substr(begin, end - begin), room.columns) + "\x1b[K";
    begin = end + 1;
    if (line + 1 < room.lines && begin < text.size())
      out += "\r\n";
  }
  out += "\x1b[J";
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

char screen::wait_for_key(std::chrono::milliseconds limit) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, static_cast<int>(limit.count())) <= 0)
    return 0;
  char key = 0;
  return read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
}

} // namespace prism::prismctl
