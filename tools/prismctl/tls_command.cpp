#include "tls_command.hpp"

#include "command_words.hpp"
#include "net/certificates/authority.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/chrono.h>
#include <iostream>

namespace prism::prismctl {

namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int usage = 2;
constexpr std::string_view default_days = "365";

/// The outputs and the time of one call.
struct surroundings {
  std::ostream& output;
  std::ostream& errors;
  std::chrono::sys_seconds now;
};

/// One subcommand.
struct subcommand {
  std::string_view name;
  std::string_view help;
  known_options options;
  std::size_t min_positional;
  std::size_t max_positional;
  expected<void> (*carry_out)(const command_words& words, const surroundings& around);
  /// What is wrong with the values of options.
  expected<void> (*check)(const command_words& words) = nullptr;
};

std::string day_of(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

net::existing_file existing(const command_words& words) {
  return words.has("--force") ? net::existing_file::replace : net::existing_file::keep;
}

expected<void> init(const command_words& words, const surroundings& around) {
  const auto made = net::authority::create(words.positional[0], words.value("--name", "prism"),
                                           around.now, existing(words));
  if (!made)
    return tl::unexpected(made.error());
  around.output << fmt::format(
      "The certificate authority of cluster '{0}' is in {1}.\n"
      "  {1}/ca.crt   every node and client needs a copy\n"
      "  {1}/crl.pem  every node needs a copy, again after each 'prismctl tls revoke'\n"
      "  {1}/ca.key   keep it secret; whoever has it can make any certificate\n",
      made->cluster(), made->directory());
  return {};
}

expected<std::chrono::days> days_of(const command_words& words) {
  const auto text = words.value("--days", default_days);
  int days = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, days);
  if (problem != std::errc{} || stop != end || days < 1)
    return fail(errc::invalid, "--days: '{}' is not a number of days", text);
  return std::chrono::days{days};
}

expected<void> check_issue(const command_words& words) {
  if (!net::parse_role(words.value("--role", "")))
    return fail(errc::invalid, "--role must be node, operator or viewer");
  if (const auto days = days_of(words); !days)
    return tl::unexpected(days.error());
  return {};
}

expected<void> issue(const command_words& words, const surroundings& around) {
  auto from = net::authority::open(words.positional[0]);
  if (!from)
    return tl::unexpected(from.error());
  const auto made = from->issue({.name = words.positional[1],
                                 .role = net::parse_role(words.value("--role", "")).value(),
                                 .hosts = words.all("--host"),
                                 .days = days_of(words).value()},
                                around.now, existing(words));
  if (!made)
    return tl::unexpected(made.error());
  around.output << fmt::format(
      "{0}/{1}.crt and {0}/{1}.key: role {2}, valid until {3}, serial {4}\n", from->directory(),
      made->name, to_string(made->role), day_of(made->valid_until), made->serial);
  return {};
}

expected<void> revoke(const command_words& words, const surroundings& around) {
  auto from = net::authority::open(words.positional[0]);
  if (!from)
    return tl::unexpected(from.error());
  const auto revoked = from->revoke(words.positional[1], around.now);
  if (!revoked)
    return tl::unexpected(revoked.error());
  for (const auto& each : *revoked)
    around.output << fmt::format("revoked: {}, serial {}\n", each.name, each.serial);
  around.output << fmt::format("Copy {}/crl.pem to every node.\n", from->directory());
  return {};
}

std::string state_of(const net::issued_certificate& each, std::chrono::sys_seconds now) {
  if (each.revoked_at)
    return "revoked " + day_of(*each.revoked_at);
  return each.valid_until < now ? "expired" : "valid";
}

expected<void> list(const command_words& words, const surroundings& around) {
  const auto from = net::authority::open(words.positional[0]);
  if (!from)
    return tl::unexpected(from.error());
  const auto all = from->list();
  if (!all)
    return tl::unexpected(all.error());
  std::size_t width = std::string_view{"NAME"}.size();
  for (const auto& each : *all)
    width = std::max(width, each.name.size());
  around.output << fmt::format("{:<{}}  {:<8}  {:<10}  {:<18}  {:<32}  HOSTS\n", "NAME", width,
                               "ROLE", "UNTIL", "STATE", "SERIAL");
  for (const auto& each : *all)
    around.output << fmt::format(
        "{:<{}}  {:<8}  {:<10}  {:<18}  {:<32}  {}\n", each.name, width, to_string(each.role),
        day_of(each.valid_until), state_of(each, around.now), each.serial,
        each.hosts.empty() ? "-" : fmt::to_string(fmt::join(each.hosts, " ")));
  return {};
}

constexpr std::string_view help_text = R"(Usage: prismctl tls COMMAND ...

Makes the certificates with which nodes and operators prove to each other who they are. All files are in
one directory, best on a machine that runs no node.

  init DIR     make a certificate authority
  issue DIR    make a certificate for a node, an operator or a viewer
  revoke DIR   withdraw a certificate
  list DIR     show what was issued

'prismctl tls COMMAND --help' says more. Exit codes: 0 done, 1 failed, 2 wrong command line.
)";

const std::array<subcommand, 4>& subcommands() {
  static const std::array<subcommand, 4> all{
      subcommand{.name = "init",
                 .help = R"(Usage: prismctl tls init DIR [--name CLUSTER] [--force]

Makes directory DIR with a certificate authority that is valid for ten years: ca.crt, ca.key and the empty
revocation list crl.pem. Keys have mode 0600.

  --name CLUSTER  the cluster's name; nodes refuse clients of another (default: prism)
  --force         replace an authority that is there; what it issued is worth nothing from then on
)",
                 .options = {.with_value = {"--name"}, .flags = {"--force"}},
                 .min_positional = 1,
                 .max_positional = 1,
                 .carry_out = init},
      subcommand{
          .name = "issue",
          .help =
              R"(Usage: prismctl tls issue DIR --role ROLE NAME [--host HOST]... [--days N] [--force]

Makes NAME.crt and NAME.key in DIR. NAME consists of letters, digits, '.', '-' and '_'.

  --role ROLE  node: for prismd; operator: may look and act; viewer: may only look
  --host HOST  a name or address under which clients reach the node; may be repeated. Clients that connect
               to another name refuse the node. NAME itself always counts as one
  --days N     how long it is valid (default: 365)
  --force      replace the files if they exist; the earlier certificate stays valid until it is revoked by its
               serial number or expires
)",
          .options = {.with_value = {"--role", "--host", "--days"}, .flags = {"--force"}},
          .min_positional = 2,
          .max_positional = 2,
          .carry_out = issue,
          .check = check_issue},
      subcommand{.name = "revoke",
                 .help = R"(Usage: prismctl tls revoke DIR NAME|SERIAL

Withdraws all certificates of NAME, or the one with that serial number (see 'prismctl tls list'), and writes
crl.pem. Copy that to every node: the node notices it within 10 seconds and cuts the holder's connections.
Repeating the command does no harm.
)",
                 .options = {},
                 .min_positional = 2,
                 .max_positional = 2,
                 .carry_out = revoke},
      subcommand{.name = "list",
                 .help = R"(Usage: prismctl tls list DIR

Shows every certificate that was issued, in that order: name, role, the day of its end, whether it is valid,
expired or revoked, its serial number and its hosts.
)",
                 .options = {},
                 .min_positional = 1,
                 .max_positional = 1,
                 .carry_out = list}};
  return all;
}

int refuse(std::ostream& errors, std::string_view why, std::string_view command) {
  errors << fmt::format("prismctl: {}\nTry 'prismctl tls{}{} --help'.\n", why,
                        command.empty() ? "" : " ", command);
  return usage;
}

} // namespace

int tls_command(std::span<const std::string_view> arguments) {
  return tls_command(
      arguments, std::cout, std::cerr,
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
}

int tls_command(std::span<const std::string_view> arguments, std::ostream& output,
                std::ostream& errors, std::chrono::sys_seconds now) {
  if (arguments.empty())
    return refuse(errors, "tls: a command is missing", "");
  if (arguments.front() == "--help") {
    output << help_text;
    return done;
  }
  const auto command = std::ranges::find(subcommands(), arguments.front(), &subcommand::name);
  if (command == subcommands().end())
    return refuse(errors, fmt::format("tls: unknown command '{}'", arguments.front()), "");
  const auto rest = arguments.subspan(1);
  if (asks_for_help(rest)) {
    output << command->help;
    return done;
  }
  const auto words = sort_words(rest, command->options);
  if (!words)
    return refuse(errors, words.error().message, command->name);
  const auto count = words->positional.size();
  if (count < command->min_positional)
    return refuse(errors, "an argument is missing", command->name);
  if (count > command->max_positional)
    return refuse(errors, fmt::format("'{}' is one argument too many", words->positional.back()),
                  command->name);
  if (command->check != nullptr)
    if (const auto good = command->check(*words); !good)
      return refuse(errors, good.error().message, command->name);
  const auto result = command->carry_out(*words, {output, errors, now});
  if (!result) {
    errors << "prismctl: " << result.error().message << '\n';
    return failed;
  }
  return output.flush() ? done : failed;
}

} // namespace prism::prismctl
