#include "tools/prismctl/dump.hpp"

#include "core/errno_text.hpp"
#include "core/version.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

namespace prism::prismctl {

int dump(node_link& link, const command_line& line) {
  const std::string path{line.arguments.at("file").as_string()};
  const auto descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    fmt::print(stderr, "prismctl: {}: {}\n", path, errno_text());
    return 1;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(fdopen(descriptor, "w"), std::fclose);
  boost::json::object all{{"prismctl", version()}};
  const auto ask = [&](std::string_view view, const boost::json::object& arguments) {
    auto answer = link.ask(view, arguments, line.timeout);
    boost::system::error_code problem;
    auto parsed = answer ? boost::json::parse(*answer, problem) : boost::json::value{};
    return answer && !problem
               ? parsed
               : boost::json::value{{"error", answer ? problem.message() : answer.error().message}};
  };
  for (const auto& form : all_forms())
    if (!form.acts && !form.asks.empty() &&
        (form.words_after.empty() || !form.words_after.front().required))
      all[form.asks] = ask(form.asks, {});
  boost::json::object each_actor;
  const auto actors = all.contains("actors") ? all.at("actors") : boost::json::value{};
  if (actors.is_object() && actors.get_object().contains("data"))
    for (const auto& actor : actors.at("data").at("actors").as_array()) {
      const auto& name = actor.at("actor").as_string();
      if (!name.starts_with("db_session"))
        each_actor[name] = ask("inspect", {{"actor", name}});
    }
  all["inspect"] = std::move(each_actor);
  const auto text = boost::json::serialize(all);
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0) {
    fmt::print(stderr, "prismctl: {}: {}\n", path, errno_text());
    return 1;
  }
  fmt::print("{}: {} bytes\n", path, text.size());
  return 0;
}

} // namespace prism::prismctl
