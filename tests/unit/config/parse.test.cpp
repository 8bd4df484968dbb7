#include "config/parse.hpp"
#include "config/option_table.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace prism::config;
using Catch::Contains;
using words = std::vector<std::string_view>;

namespace {

constexpr const char* no_file = "/nonexistent/prismd.conf";

// A configuration file that is removed after the test.
class temporary_file {
public:
  explicit temporary_file(std::string_view text)
      : path_(std::filesystem::temp_directory_path() /
              ("prism-config-" + std::to_string(std::random_device{}()) + ".conf")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~temporary_file() { std::filesystem::remove(path_); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

options accepted(const words& arguments, const words& environment = {},
                 const std::filesystem::path& file = no_file) {
  const auto result = parse(arguments, environment, file);
  INFO((result ? std::string() : result.error().why.message));
  REQUIRE(result);
  return result->values;
}

std::string refused(int exit_code, const words& arguments, const words& environment = {},
                    const std::filesystem::path& file = no_file) {
  const auto result = parse(arguments, environment, file);
  REQUIRE_FALSE(result);
  CHECK(result.error().exit_code == exit_code);
  return result.error().why.message;
}

} // namespace

TEST_CASE("without any source the options are the defaults") {
  CHECK(accepted({}) == options{});
  CHECK(parse(words{}, words{}, no_file)->what == action::run);
}

TEST_CASE("every option can be set on the command line, in the environment and in a file") {
  for (const auto& row : option_rows()) {
    // A value that is allowed and is not the default: for numbers the next one.
    options changed;
    if (is_number(row)) {
      const auto number = std::stoull(value_of(row, {}));
      REQUIRE(assign(row, std::to_string(number > row.min ? number - 1 : number + 1), changed));
    } else {
      bool found = false;
      for (const auto* text :
           {"wss://other.example", "https://other.example", "1234", "127.0.0.1:1", "json", "debug",
            "off", "yes", "no", "after-commit", "other"})
        found = found || (assign(row, text, changed) && changed != options{});
      REQUIRE(found);
    }
    const auto value = value_of(row, changed);
    INFO(row.name << " = " << value);
    const auto argument = "--" + std::string(row.name) + "=" + value;
    const auto variable = environment_name(row.name) + "=" + value;
    const temporary_file file(std::string(row.name) + " = " +
                              (is_number(row) ? value : '"' + value + '"') + "\n");
    words others;
    if (row.name == "tunnel-listen" || row.name == "cluster-listen") {
      others = {"--tunnel-certificate=f", "--tunnel-key=f", "--tunnel-authority=f"};
      changed.tunnel_certificate = changed.tunnel_key = changed.tunnel_authority = "f";
    }
    CHECK(accepted(others, {variable}) == changed);
    CHECK(accepted(others, {}, file.path()) == changed);
    others.push_back(argument);
    CHECK(accepted(others) == changed);
  }
}

TEST_CASE("the command line overrides the environment, which overrides the file") {
  const temporary_file file("shards = 5\ndb-pool-size = 3\nbatch-max-frames = 4\n");
  const auto values =
      accepted({"--shards=10"}, {"PRISM_SHARDS=20", "PRISM_DB_POOL_SIZE=30"}, file.path());
  CHECK(values.shards == 10);
  CHECK(values.db_pool_size == 30);
  CHECK(values.batch_max_frames == 4);
  CHECK(values.firehose_window_frames == 20'000);
}

TEST_CASE("the last one applies if a name is given twice on the command line") {
  CHECK(accepted({"--shards=1", "--shards=7"}).shards == 7);
}

TEST_CASE("the well-known variables are read, and the prefixed ones override them") {
  const auto values =
      accepted({}, {"DATABASE_URL=postgresql://h/db", "DB_POOL_SIZE=7", "STATEMENT_TIMEOUT_MS=1234",
                    "MAX_CONCURRENT_USER_CREATIONS=5", "PATH=/bin", "=", "odd"});
  CHECK(values.database_url == "postgresql://h/db");
  CHECK(values.db_pool_size == 7);
  CHECK(values.statement_timeout == 1234ms);
  CHECK(values.max_concurrent_user_creations == 5);
  CHECK(accepted({}, {"PRISM_DB_POOL_SIZE=8", "DB_POOL_SIZE=7"}).db_pool_size == 8);
  CHECK_THAT(refused(78, {}, {"DB_POOL_SIZE=abc"}),
             Contains("variable DB_POOL_SIZE") && Contains("'abc'") && Contains("1 to 1000"));
}

TEST_CASE("an empty value on the command line selects the private database again") {
  CHECK(accepted({"--database-url="}, {"DATABASE_URL=postgresql://h/db"}).database_url.empty());
}

TEST_CASE("a start cursor is the live end, the oldest frame or a number") {
  CHECK_FALSE(accepted({"--start-cursor=live"}).start_cursor);
  CHECK(accepted({"--start-cursor=oldest"}).start_cursor == 0);
  CHECK(accepted({"--start-cursor=0"}).start_cursor == 0);
  CHECK(accepted({"--start-cursor=9223372036854775807"}).start_cursor == INT64_MAX);
  CHECK_THAT(refused(64, {"--start-cursor=9223372036854775808"}), Contains("sequence number"));
  CHECK_THAT(refused(64, {"--start-cursor=-1"}), Contains("live, oldest or a sequence number"));
}

TEST_CASE("an unknown name is an error in each source and lists the known ones") {
  CHECK_THAT(refused(64, {"--shard=4"}), Contains("command line") && Contains("'shard'") &&
                                             Contains("known options are") && Contains(" shards "));
  CHECK_THAT(refused(78, {}, {"PRISM_SHARD=4"}),
             Contains("PRISM_SHARD is not") && Contains("PRISM_SHARDS"));
  const temporary_file file("\n; comment\nshard = 4\n");
  CHECK_THAT(refused(78, {}, {}, file.path()),
             Contains(file.path().string() + ":3") && Contains("'shard'") && Contains(" shards "));
}

TEST_CASE("a retired option has no effect but one warning, in each source") {
  const auto warnings = [](const words& arguments, const words& environment = {},
                           const std::filesystem::path& file = no_file) {
    const auto result = parse(arguments, environment, file);
    REQUIRE(result);
    CHECK(result->values == options{});
    return result->warnings;
  };
  CHECK(warnings({}).empty());
  CHECK(warnings({"--unknown-collections=keep"}) ==
        std::vector<std::string>{"option unknown-collections no longer exists: records of unknown "
                                 "collections are always skipped; remove it (command line, "
                                 "--unknown-collections)"});
  const auto from_environment = warnings({}, {"PRISM_UNKNOWN_COLLECTIONS=skip"});
  REQUIRE(from_environment.size() == 1);
  CHECK_THAT(from_environment[0], Contains("environment variable PRISM_UNKNOWN_COLLECTIONS"));
  const temporary_file file("\nunknown-collections = \"skip\"\n");
  const auto from_all =
      warnings({"--unknown-collections=skip"}, {"PRISM_UNKNOWN_COLLECTIONS=skip"}, file.path());
  REQUIRE(from_all.size() == 1);
  CHECK_THAT(from_all[0], Contains(file.path().string() + ":2"));
}

TEST_CASE("options are read into their types") {
  const auto values = accepted({"--identity-lookups=off", "--allow-private-addresses=yes",
                                "--verify-deletions=no", "--log-level=off", "--log-format=json"});
  CHECK_FALSE(values.identity_lookups);
  CHECK(values.allow_private_addresses);
  CHECK_FALSE(values.verify_deletions);
  CHECK(values.log_level == log_level::off);
  CHECK(values.log_format == log_format::json);
  CHECK(accepted({"--log-level=trace"}).log_level == log_level::trace);
  CHECK_THAT(refused(64, {"--log-level=loud"}),
             Contains("allowed is trace, debug, info, warn, error or off"));
  CHECK_THAT(refused(64, {"--identity-lookups=1"}), Contains("allowed is on or off"));
}

TEST_CASE("a value out of range is an error in each source and says what is allowed") {
  CHECK_THAT(refused(64, {"--shards=0"}), Contains("command line, --shards") && Contains("'0'") &&
                                              Contains("allowed is 1 to 256"));
  CHECK_THAT(refused(78, {}, {"PRISM_SHARDS=257"}),
             Contains("environment variable PRISM_SHARDS") && Contains("1 to 256"));
  const temporary_file file("shards = 1000\n");
  CHECK_THAT(refused(78, {}, {}, file.path()), Contains(":1: shards is '1000'"));
}

TEST_CASE("an invalid value is an error even if a later source overrides it") {
  CHECK_THAT(refused(78, {"--shards=4"}, {"PRISM_SHARDS=many"}), Contains("'many'"));
}

TEST_CASE("numbers are plain decimals") {
  for (const auto* text : {"", " 4", "4 ", "+4", "-4", "4.0", "0x4", "4k", "99999999999999999999"})
    CHECK_THAT(refused(64, {"--shards=" + std::string(text)}), Contains("1 to 256"));
}

TEST_CASE("texts are checked for their form") {
  for (const auto* bad :
       {"--relay-url=https://x", "--relay-url=wss://", "--relay-url=wss://a b",
        "--plc-url=plc.directory", "--metrics-listen=9464", "--metrics-listen=127.0.0.1:65536",
        "--metrics-listen=:1", "--log-level=loud", "--log-format=xml", "--data-dir=",
        "--identity-lookups=yes", "--verify-deletions=on", "--allow-private-addresses=true"})
    CHECK_THAT(refused(64, {bad}), Contains("allowed is"));
  for (const auto* good : {"--relay-url=ws://[::1]:80/x", "--metrics-listen=[::1]:0",
                           "--metrics-listen=", "--ca-file=", "--log-level=off"})
    accepted({good});
}

TEST_CASE("options that contradict each other are rejected, naming both") {
  CHECK_THAT(refused(78, {"--ping-interval-ms=5000", "--idle-timeout-ms=5000"}),
             Contains("ping-interval-ms") && Contains("idle-timeout-ms"));
  CHECK_THAT(refused(64, {"--nope"}), Contains("'nope' is not an option"));
  CHECK_THAT(refused(64, {"--shards"}), Contains("needs a value"));
  CHECK_THAT(refused(78, {"--tunnel-listen=127.0.0.1:0"}), Contains("needs tunnel-certificate"));
  CHECK_THAT(
      refused(78, {"--cluster-listen=127.0.0.1:0", "--tunnel-certificate=c", "--tunnel-key=k"}),
      Contains("cluster-listen needs tunnel-authority"));
  CHECK_THAT(refused(78, {"--backoff-min-ms=20", "--backoff-max-ms=10"}),
             Contains("backoff-min-ms") && Contains("backoff-max-ms"));
}

TEST_CASE("a malformed command line names the argument") {
  CHECK_THAT(refused(64, {"--relay-url", "wss://x"}), Contains("--relay-url=VALUE"));
  CHECK_THAT(refused(64, {"wss://x"}), Contains("'wss://x'") && Contains("--NAME=VALUE"));
  CHECK_THAT(refused(64, {"-x"}), Contains("'-x'"));
  CHECK_THAT(refused(64, {"--"}), Contains("'--'"));
  CHECK_THAT(refused(64, {"--=5"}), Contains("'--=5'"));
}

TEST_CASE("a configuration file can be named in two ways and must then exist") {
  const temporary_file one("shards = 1\n");
  const temporary_file two("shards = 2\n");
  const auto variable = "PRISM_CONFIG_FILE=" + two.path().string();
  CHECK(accepted({"--config-file=" + one.path().string()}, {variable}).shards == 1);
  CHECK(accepted({}, {variable}, one.path()).shards == 2);
  CHECK(accepted({}, {}, one.path()).shards == 1);
  CHECK_THAT(refused(78, {"--config-file=/nonexistent/x"}),
             Contains("/nonexistent/x") && Contains("No such file"));
}

TEST_CASE("a secret is not repeated in an error") {
  // database-url itself accepts any text, so the row gets a check that accepts none.
  auto row = *find_row("database-url");
  row.check = [](std::string_view) { return false; };
  options values;
  const auto result = assign(row, "postgresql://u:hunter2@h/db", values);
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, !Contains("hunter2") && Contains("***"));
  CHECK(values == options{});
}

TEST_CASE("the arguments of main are read") {
  const char* arguments[] = {"prismd", "--shards=3", nullptr};
  const char* environment[] = {"PRISM_DB_POOL_SIZE=4", nullptr};
  const auto result = parse(2, arguments, environment);
  REQUIRE(result);
  CHECK(result->values.shards == 3);
  CHECK(result->values.db_pool_size == 4);
  CHECK(parse(0, arguments, nullptr));
}
