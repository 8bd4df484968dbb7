#include "actors/inspector/answer.hpp"

#include "core/version.hpp"
#include "inspect/explanation.hpp"

#include <boost/json/serialize.hpp>
#include <unistd.h>

namespace prism {

std::string answer_text(const node_context& node, std::string_view view, view_data found) {
  boost::json::object out{{"schema", answer_schema},
                          {"node",
                           {{"name", node.name},
                            {"pid", getpid()},
                            {"version", version()},
                            {"service", node.service_shown}}},
                          {"at", utc_text(std::chrono::system_clock::now())},
                          {"view", view},
                          {"truncated", found.truncated}};
  out["data"] = std::move(found.data);
  return boost::json::serialize(out);
}

std::string utc_text(std::chrono::system_clock::time_point at) {
  return explanations::time_text(
      std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count());
}

std::string utc_text(time_point at) {
  const auto since =
      std::chrono::duration_cast<std::chrono::system_clock::duration>(at - steady_clock::now());
  return utc_text(std::chrono::system_clock::now() + since);
}

expected<std::string> text_argument(const boost::json::object& arguments, std::string_view name) {
  const auto* found = arguments.if_contains(name);
  if (found == nullptr || !found->is_string() || found->get_string().empty())
    return fail(errc::invalid, "argument '{}' is missing", name);
  return std::string{found->get_string()};
}

expected<std::string> text_argument(const boost::json::object& arguments, std::string_view name,
                                    std::string otherwise) {
  if (!arguments.contains(name))
    return otherwise;
  return text_argument(arguments, name);
}

expected<std::int64_t> number_argument(const boost::json::object& arguments, std::string_view name,
                                       std::int64_t otherwise, std::int64_t min, std::int64_t max) {
  const auto* found = arguments.if_contains(name);
  if (found == nullptr)
    return otherwise;
  boost::system::error_code problem;
  const auto value = found->to_number<std::int64_t>(problem);
  if (problem || value < min || value > max)
    return fail(errc::invalid, "argument '{}' must be a number from {} to {}", name, min, max);
  return value;
}

} // namespace prism
