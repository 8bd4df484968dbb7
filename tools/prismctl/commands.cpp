#include "tools/prismctl/commands.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::prismctl {

namespace {

const command_argument limit{"--limit", "limit", true, false, "most rows (1 to 500)"};
const command_argument why{"--why", "why", false, true, "the reason, which is recorded", "REASON"};

[[nodiscard]] command_form look(std::string_view words, std::string_view asks,
                                std::string_view help, std::vector<command_argument> after = {},
                                std::vector<command_argument> options = {}) {
  return {words, asks, help, std::move(after), std::move(options), false};
}

[[nodiscard]] command_form act(std::string_view words, std::string_view asks, std::string_view help,
                               std::vector<command_argument> after = {},
                               std::vector<command_argument> options = {}) {
  options.push_back(why);
  return {words, asks, help, std::move(after), std::move(options), true};
}

constexpr std::string_view general_options = R"(
Options of all commands:
  --node HOST[:PORT]     the node's tunnel; may be given several times (default 127.0.0.1:9465)
  --certificate FILE     your certificate (default DIR/operator.crt)
  --key FILE             its key (default DIR/operator.key)
  --authority FILE       the certificate of the authority (default DIR/ca.crt)
  --expect-name NAME     the name that the node's certificate must have (default: HOST)
  --cluster NAME         the cluster (default: the name of the authority)
  --json                 print what the node answers, one line of JSON for each node
  --timeout-ms N         the longest wait for a node's answer (default 5000)
  --help, --version
DIR is $PRISMCTL_DIR, or ~/.config/prismctl.
Exit codes: 0 done; 1 a node could not be reached, or refused, or failed; 2 wrong usage.
)";

/// An option with what stands for its value.
[[nodiscard]] std::string shown(const command_argument& option) {
  return fmt::format("{} {}", option.name, option.value.empty() ? "N" : option.value);
}

/// What is typed, and what it does: beside each other where there is room.
void add_line(std::string& out, std::string_view typed, std::string_view help) {
  constexpr std::size_t room = 34;
  if (typed.size() >= room)
    out += fmt::format("  {}\n  {:<{}} {}\n", typed, "", room, help);
  else
    out += fmt::format("  {:<{}} {}\n", typed, room, help);
}

} // namespace

std::span<const command_form> all_forms() {
  static const std::vector<command_form> all{
      look("status", "status", "whether the node is ready, what is stuck, paused or failed"),
      look("actors", "actors", "all actors: state, mailbox, what they do, slowest messages"),
      look("inspect", "inspect", "the state that one actor reports",
           {{"ACTOR", "actor", false, true, "its name, as `prismctl actors` lists it"}}),
      look("channels", "channels", "every bounded channel between actors"),
      look("database", "database",
           "what each session waits for in PostgreSQL, and who holds the lock"),
      look("pool", "pool", "database sessions: who has which, for what job, since when"),
      look("pending", "pending", "operations that wait for a record, the oldest first",
           {{"DID|URI", "subject", false, false,
             "only operations that wait for this account or record"}},
           {limit}),
      look("users", "users", "the newest accounts, and the sizes of the tables", {}, {limit}),
      look("cursor", "cursor", "the seq up to which each shard has committed"),
      look("cluster", "cluster", "who takes part, leads and writes; what this node believes"),
      look("cluster own", "cluster-own", "the same as this node believes it, without the database"),
      look("reads", "reads",
           "the data plane: readers, methods with rates and times, the slowest calls"),
      look("firehose", "firehose", "the connection to the relay, and the lane of each shard"),
      look("identity", "identity", "lookups of handles and DIDs, and their hosts"),
      look("jobs", "jobs", "background jobs: when they are due, their rows and failures"),
      look("caches", "caches", "caches: entries, hits, misses"),
      look("sessions", "sessions", "sessions and OAuth states of the apps"),
      look("crashes", "crashes", "actors that failed: when, why, what they held", {}, {limit}),
      look("actions", "actions", "what operators changed: who, when, why", {}, {limit}),
      look("dead-letters list", "dead-letters", "what PostgreSQL rejected for its content", {},
           {limit, {"--after", "after", true, false, "only ids above this one"}}),
      look("dead-letters show", "dead-letter", "one of them, with the bytes of its frame",
           {{"ID", "id", true, true, "its number"}},
           {{"--limit", "limit", true, false, "most bytes shown (1 to 100000; default 512)"}}),
      look("log", "log", "the last lines of the log", {},
           {limit,
            {"--after", "after", true, false, "only lines above this number"},
            {"--level", "level", false, false, "this severity or above", "LEVEL"},
            {"--component", "component", false, false, "of this component", "COMPONENT"},
            {"--text", "text", false, false, "with this text in them", "TEXT"}}),
      look("log-levels", "log-levels", "the severity that each component logs from"),
      look("explain", "explain", "why an account or a record is here, or is not",
           {{"DID|URI", "subject", false, true, "a DID, a handle or an at-uri"}}),
      look("trace", "", "follows the next events of a repo, or one event, hop by hop",
           {{"DID", "did", false, false, "the repo"}},
           {{"--seq", "seq", true, false,
             "one event instead, by its number; it must be still to come (see `status`)"},
            {"--events", "events", true, false, "ends after so many events (default 5)"},
            {"--seconds", "seconds", true, false, "ends after this time (default 60)"}}),
      look("top", "", "a live screen of one node; q ends it", {},
           {{"--interval-ms", "interval", true, false, "refresh interval (default 1000)"}}),
      act("pause", "pause", "keeps the firehose, identity or a shard from starting new work",
          {{"PART", "part", false, true, "firehose, identity or shard-N"}},
          {{"--seconds", "seconds", true, false, "ends by itself after this time (default 300)"}}),
      act("resume", "resume", "ends a pause",
          {{"PART", "part", false, true, "as `prismctl status` lists it"}}),
      act("drain", "drain",
          "commits what is in work, then ends the node (0, or 75 if the time ran out)"),
      act("restart", "restart", "kills an actor; its supervisor starts it again",
          {{"ACTOR", "actor", false, true, "its name"}}),
      act("log-level", "log-level", "changes the level of a component for a limited time",
          {{"COMPONENT", "component", false, true, "its name, or all"},
           {"LEVEL", "level", false, true, "trace, debug, info, warn, error or off"}},
          {{"--seconds", "seconds", true, false, "reverts after this time (default 600)"}}),
      act("job run", "job-run", "runs a background job now",
          {{"NAME", "job", false, true, "as `prismctl jobs` lists it"}}),
      act("identity refresh", "identity-refresh", "asks for the handle of an account again",
          {{"DID", "did", false, true, "the account"}}),
      act("cluster move", "cluster-move", "puts a shard on a node, and keeps it there",
          {{"SHARD", "shard", true, true, "its number"},
           {"NODE", "node", false, true, "the node-name of a live member"}}),
      act("cluster unpin", "cluster-unpin", "lets the leader place a shard again",
          {{"SHARD", "shard", true, true, "its number"}}),
      act("cluster drain", "cluster-drain", "takes lead and shards away from a node",
          {{"NODE", "node", false, true, "the node-name of a live member"}}),
      act("cluster undrain", "cluster-undrain", "cancels a drain",
          {{"NODE", "node", false, true, "the node-name of a live member"}}),
      act("dead-letters retry", "dead-letter-retry", "applies one again, and deletes it",
          {{"ID", "id", true, true, "its number"}}),
      act("dead-letters discard", "dead-letter-discard", "deletes one without applying it",
          {{"ID", "id", true, true, "its number"}}),
      look("dump", "", "everything above in one file, for a report of a defect; secrets are masked",
           {{"FILE", "file", false, true, "must not exist"}}),
      look("tls", "", "makes and revokes certificates: see `prismctl tls --help`"),
      look("completion bash", "", "prints a completion script for bash"),
      look("help", "", "explains a command",
           {{"COMMAND", "command", false, false, "one word or two, as above"}}),
  };
  return all;
}

const command_form* find_form(std::span<const std::string_view> words) {
  const auto find = [](std::string_view text) -> const command_form* {
    const auto all = all_forms();
    const auto found = std::ranges::find(all, text, &command_form::words);
    return found == all.end() ? nullptr : &*found;
  };
  if (words.size() >= 2)
    if (const auto* two = find(fmt::format("{} {}", words[0], words[1])))
      return two;
  return words.empty() ? nullptr : find(words[0]);
}

std::string synopsis(const command_form& form) {
  std::string out{form.words};
  if (form.words == "tls")
    return out + " COMMAND ...";
  for (const auto& word : form.words_after)
    out += word.required ? fmt::format(" {}", word.name) : fmt::format(" [{}]", word.name);
  for (const auto& option : form.options)
    out += option.required ? " " + shown(option) : fmt::format(" [{}]", shown(option));
  return out;
}

std::string general_help() {
  std::string out = "Looks into running Prism nodes, and changes what they do.\n\n"
                    "usage: prismctl [OPTION...] COMMAND [ARGUMENT...]\n\nCommands that look:\n";
  bool acting = false;
  for (const auto& form : all_forms()) {
    if (form.acts && !acting)
      out += "\nCommands that change something; they need a certificate with the role operator:\n";
    else if (!form.acts && acting)
      out += "\nOthers:\n";
    acting = form.acts;
    add_line(out, synopsis(form), form.help);
  }
  return out + std::string{general_options};
}

std::string help_of(const command_form& form) {
  auto out = fmt::format("usage: prismctl [OPTION...] {}\n\n{}\n", synopsis(form), form.help);
  for (const auto& each : form.words_after)
    out += fmt::format("  {:<22} {}\n", each.name, each.help);
  for (const auto& each : form.options)
    out +=
        fmt::format("  {:<22} {}{}\n", shown(each), each.help, each.required ? " (required)" : "");
  return out + std::string{general_options};
}

std::string help_of(std::string_view first_word) {
  std::string out;
  for (const auto& form : all_forms())
    if (form.words.starts_with(fmt::format("{} ", first_word)))
      add_line(out, synopsis(form), form.help);
  return out;
}

std::string bash_completion() {
  std::string words;   // first words
  std::string seconds; // what may follow them
  std::string options; // of each command
  for (const auto& form : all_forms()) {
    const auto space = form.words.find(' ');
    const auto first = form.words.substr(0, space);
    if (!(" " + words).ends_with(fmt::format(" {} ", first)))
      words += fmt::format("{} ", first);
    if (space != std::string_view::npos)
      seconds += fmt::format("    {}) words+=' {}' ;;&\n", first, form.words.substr(space + 1));
    std::string own;
    for (const auto& option : form.options)
      own += fmt::format(" {}", option.name);
    if (!own.empty())
      options += fmt::format("    '{}'{}) own='{}' ;;\n", form.words,
                             space == std::string_view::npos ? "*" : "", own);
  }
  // One `case` takes one pattern, so a word that begins two commands names both in `;;&`.
  return fmt::format(R"(# Completion of prismctl for bash, printed by `prismctl completion bash`.
_prismctl() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} own='' words='' each given=()
  for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    [[ $each == -* ]] || given+=("$each")
  done
  case "${{given[*]}}" in
{}  esac
  if [[ $word == -* ]]; then
    words="--node --certificate --key --authority --expect-name --cluster --json --timeout-ms \
      --help --version$own"
  elif ((${{#given[@]}} == 0)); then
    words='{}'
  elif ((${{#given[@]}} == 1)); then
    case "${{given[0]}}" in
{}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _prismctl prismctl
)",
                     options, words, seconds);
}

} // namespace prism::prismctl
