#include "log/line_ring.hpp"

#include <algorithm>

namespace prism::log {

namespace {

[[nodiscard]] std::size_t size_of(const line& each) noexcept {
  return sizeof(line) + each.text.size();
}

/// At most max_text bytes, and no part of a character.
[[nodiscard]] std::string bounded(std::string_view text) {
  if (text.size() <= line_ring::max_text)
    return std::string(text);
  constexpr std::string_view rest = "…";
  auto end = line_ring::max_text - rest.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return std::string(text.substr(0, end)).append(rest);
}

[[nodiscard]] bool fits(const line& each, const line_filter& wanted) {
  return each.severity >= wanted.at_least && (!wanted.from || each.from == *wanted.from) &&
         each.text.find(wanted.contains) != std::string::npos;
}

} // namespace

void line_ring::add(std::chrono::system_clock::time_point time, level severity, component from,
                    std::string_view text) {
  line added{.number = 0, .time = time, .severity = severity, .from = from, .text = bounded(text)};
  const std::scoped_lock lock(mutex_);
  added.number = ++newest_;
  bytes_ += size_of(added);
  lines_.push_back(std::move(added));
  while (lines_.size() > 1 && (lines_.size() > max_lines_ || bytes_ > max_bytes_)) {
    bytes_ -= size_of(lines_.front());
    lines_.pop_front();
  }
}

found_lines line_ring::find(const line_filter& wanted) const {
  found_lines out;
  const std::scoped_lock lock(mutex_);
  out.newest = newest_;
  if (lines_.empty())
    return out;
  out.oldest = lines_.front().number;
  out.lost = wanted.after && *wanted.after + 1 < out.oldest;
  const auto take = [&](auto from, auto to) {
    for (; from != to; ++from) {
      if (!fits(*from, wanted))
        continue;
      if (out.lines.size() >= wanted.limit) {
        out.cut = true;
        return;
      }
      out.lines.push_back(*from);
    }
  };
  if (wanted.after) {
    take(std::ranges::upper_bound(lines_, *wanted.after, {}, &line::number), lines_.end());
  } else {
    take(lines_.rbegin(), lines_.rend());
    std::ranges::reverse(out.lines);
  }
  return out;
}

} // namespace prism::log
