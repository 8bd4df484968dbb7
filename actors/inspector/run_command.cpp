#include "actors/inspector/run_command.hpp"

#include "core/wall_clock.hpp"
#include "log/log.hpp"
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace prism {

namespace {

/// The arguments, which may be left out.
[[nodiscard]] expected<boost::json::object> parse_arguments(const std::string& text) {
  if (text.empty())
    return boost::json::object{};
  boost::system::error_code problem;
  boost::json::parse_options options;
  options.max_depth = 8;
  auto value = boost::json::parse(text, problem, {}, options);
  if (problem || !value.is_object())
    return fail(errc::invalid, "the arguments are not a JSON object");
  return std::move(value.get_object());
}

[[nodiscard]] std::string text_of(const boost::json::object& arguments, std::string_view name) {
  const auto* found = arguments.if_contains(name);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

void write_down(inspection_context& context, const command& what, const operator_identity& who,
                const boost::json::object& arguments, const std::string& result) {
  db::operator_action row;
  row.node = context.node->name;
  row.at = micros_since_1970();
  row.who = who.name;
  row.address = who.address;
  row.action = what.name;
  row.arguments = boost::json::serialize(arguments);
  row.why = text_of(arguments, "why");
  row.result = result;
  log::inspector().warn("operator {} at {}: {} {}: {}", row.who, row.address, row.action,
                        row.arguments, row.result);
  context.actions.add(std::move(row));
}

[[nodiscard]] operator_reply reply_of(const node_context& node, const command& what,
                                      expected<view_data> found) {
  if (!found)
    return refuse(found.error().code == errc::invalid ? operator_result::bad_request
                                                      : operator_result::failed,
                  found.error().message);
  auto body = answer_text(node, what.name, std::move(*found));
  if (body.size() > max_operator_body)
    return refuse(operator_result::failed,
                  fmt::format("the answer has {} bytes, which is more than {}: ask for less",
                              body.size(), max_operator_body));
  return {.version = operator_version, .result = 0, .body = std::move(body)};
}

} // namespace

operator_reply refuse(operator_result why, std::string sentence) {
  return {.version = operator_version,
          .result = static_cast<std::uint8_t>(why),
          .body = std::move(sentence)};
}

tl::expected<const command*, operator_reply> admit_request(const inspection_context& context,
                                                           const operator_request& request,
                                                           operator_identity& who) {
  const auto no = [](operator_result why, std::string sentence) {
    return tl::unexpected(refuse(why, std::move(sentence)));
  };
  if (request.version < oldest_operator_version || request.version > operator_version)
    return no(operator_result::version,
              fmt::format("this node speaks versions {} to {} of the operators' protocol, not {}: "
                          "use the prismctl of its release",
                          oldest_operator_version, operator_version, request.version));
  auto known = context.connected.find(request.token);
  if (!known)
    return no(operator_result::refused,
              "the token is not that of a connection through the tunnel: connect with prismctl");
  if (request.arguments.size() > max_operator_arguments)
    return no(operator_result::bad_request,
              fmt::format("the arguments have more than {} bytes", max_operator_arguments));
  const auto* const found = find_command(request.command);
  if (found == nullptr)
    return no(operator_result::bad_request,
              fmt::format("this node knows no command '{}'", request.command.substr(0, 100)));
  if (found->acts && !known->may_act) {
    log::inspector().warn("operator {} at {} has a certificate with the role viewer: {} is refused",
                          known->name, known->address, found->name);
    return no(operator_result::refused,
              fmt::format("'{}' changes the node, and the certificate of {} has the role viewer",
                          found->name, known->name));
  }
  who = std::move(*known);
  return found;
}

operator_reply run_command(inspection_context& context, const command& what,
                           const operator_identity& who, const operator_request& request,
                           db::connection* database) {
  try {
    const auto arguments = parse_arguments(request.arguments);
    if (!arguments)
      return refuse(operator_result::bad_request, arguments.error().message);
    if (what.acts && text_of(*arguments, "why").empty())
      return refuse(operator_result::bad_request, "say why: --why TEXT; it is written down");
    command_call call{*context.node, context.last, database, who, *arguments};
    auto found = what.run(call);
    if (what.acts)
      write_down(context, what, who, *arguments, found ? "done" : found.error().message);
    return reply_of(*context.node, what, std::move(found));
  } catch (const std::exception& problem) {
    log::inspector().error("inspector: {} failed: {}", what.name, problem.what());
    return refuse(operator_result::failed, fmt::format("{} failed: {}", what.name, problem.what()));
  }
}

} // namespace prism
