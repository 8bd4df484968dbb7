#include "tools/prismctl/command_line.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::prismctl;

namespace {

[[nodiscard]] expected<command_line> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "prismctl");
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), "/dir");
}

} // namespace

TEST_CASE("a command's words and options become the fields of its request") {
  const auto line = parse({"pending", "did:plc:a", "--limit", "7", "--node=[::1]:80", "--node", "b",
                           "--json", "--timeout-ms=9"});
  REQUIRE(line);
  CHECK(line->form->asks == "pending");
  CHECK(line->arguments.at("subject").as_string() == "did:plc:a");
  CHECK(line->arguments.at("limit").as_int64() == 7);
  REQUIRE(line->nodes.size() == 2);
  CHECK(line->nodes[0].host == "::1");
  CHECK(line->nodes[0].port == 80);
  CHECK(line->nodes[1].port == 9465);
  CHECK(line->json);
  CHECK(line->timeout.count() == 9);
  CHECK(line->key_file == "/dir/operator.key");
}

TEST_CASE("commands of two words are found before those of one") {
  CHECK(parse({"dead-letters", "retry", "3", "--why", "mended"})->form->asks ==
        "dead-letter-retry");
  CHECK(parse({"identity"})->form->asks == "identity");
  CHECK(parse({"identity", "refresh", "did:plc:a", "--why", "x"})->form->asks ==
        "identity-refresh");
  CHECK(parse({"help", "job", "run"})->form->words == "job run");
  CHECK(parse({})->form == nullptr);
  CHECK(parse({"--version"})->wanted == command_line::what::version);
  CHECK(parse({"tls", "list", "--help"})->rest.size() == 2);
}

TEST_CASE("wrong usage is refused with the name of what is wrong") {
  const auto says = [](std::vector<std::string> words) {
    const auto line = parse(std::move(words));
    return line ? std::string{"accepted"} : line.error().message;
  };
  CHECK_THAT(says({"statsu"}), Catch::Contains("statsu"));
  CHECK_THAT(says({"inspect"}), Catch::Contains("ACTOR"));
  CHECK_THAT(says({"status", "more"}), Catch::Contains("more"));
  CHECK_THAT(says({"pause", "firehose"}), Catch::Contains("--why"));
  CHECK_THAT(says({"users", "--limit", "many"}), Catch::Contains("--limit"));
  CHECK_THAT(says({"status", "--limit", "3"}), Catch::Contains("--limit"));
  CHECK_THAT(says({"status", "--unknown=3"}), Catch::Contains("--unknown"));
  CHECK_THAT(says({"status", "--node", "a:b"}), Catch::Contains("a:b"));
  CHECK_THAT(says({"status", "--timeout-ms", "0"}), Catch::Contains("--timeout-ms"));
}

TEST_CASE("the help shows what each command takes, and what follows a first word") {
  const auto* pause = parse({"pause", "firehose", "--why", "x"})->form;
  CHECK(synopsis(*pause) == "pause PART [--seconds N] --why REASON");
  CHECK_THAT(help_of(*pause), Catch::Contains("usage: prismctl [OPTION...] " + synopsis(*pause)) &&
                                  Catch::Contains("--why REASON") && Catch::Contains("(required)"));
  for (const auto& form : all_forms())
    CHECK_THAT(general_help(), Catch::Contains("  " + synopsis(form)));
  const auto group = parse({"dead-letters", "--help"});
  REQUIRE(group);
  CHECK(group->group == "dead-letters");
  CHECK_THAT(help_of(std::string_view{group->group}),
             Catch::Contains("dead-letters list") && Catch::Contains("dead-letters retry ID"));
  CHECK_THAT(parse({"dead-letters"}).error().message, Catch::Contains("dead-letters list"));
  CHECK_FALSE(parse({"dead", "--help"}));
}

TEST_CASE("every command is in the help, and in the completion") {
  const auto help = general_help();
  const auto completion = bash_completion();
  for (const auto& form : all_forms()) {
    CHECK_THAT(help, Catch::Contains(std::string{form.words}));
    CHECK_THAT(completion,
               Catch::Contains(std::string{form.words.substr(0, form.words.find(' '))}));
    CHECK_FALSE(help_of(form).empty());
  }
}
