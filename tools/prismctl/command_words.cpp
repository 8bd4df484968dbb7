#include "command_words.hpp"

#include <algorithm>

namespace prism::prismctl {

std::string command_words::value(std::string_view option, std::string_view otherwise) const {
  const auto at = values.find(option);
  return at == values.end() ? std::string{otherwise} : at->second.back();
}

std::vector<std::string> command_words::all(std::string_view option) const {
  const auto at = values.find(option);
  return at == values.end() ? std::vector<std::string>{} : at->second;
}

expected<command_words> sort_words(std::span<const std::string_view> words,
                                   const known_options& known) {
  command_words out;
  bool options_ended = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto word = words[i];
    if (options_ended || word.size() < 2 || word.front() != '-') {
      out.positional.emplace_back(word);
      continue;
    }
    if (word == "--") {
      options_ended = true;
      continue;
    }
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    if (std::ranges::find(known.flags, name) != known.flags.end()) {
      if (equals != std::string_view::npos)
        return fail(errc::invalid, "{} takes no value", name);
      out.flags.emplace(name);
      continue;
    }
    if (std::ranges::find(known.with_value, name) == known.with_value.end())
      return fail(errc::invalid, "unknown option {}", name);
    if (equals == std::string_view::npos && i + 1 == words.size())
      return fail(errc::invalid, "{} lacks its value", name);
    out.values[std::string{name}].emplace_back(
        equals == std::string_view::npos ? words[++i] : word.substr(equals + 1));
  }
  return out;
}

bool asks_for_help(std::span<const std::string_view> words) {
  return std::ranges::find(words, "--help") != words.end();
}

} // namespace prism::prismctl
