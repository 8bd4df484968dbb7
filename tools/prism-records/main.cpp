#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/cid.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "db/pg/connection.hpp"
#include "db/reads/stored_records.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <string_view>

// prism-records: prints every stored record as a line {"uri", "cid", "record"}, rebuilt from the
// tables.

namespace {

using namespace prism;

constexpr int exit_damaged = 1;
constexpr int exit_failure = 2;
constexpr int exit_usage = 64; // EX_USAGE

constexpr const char* usage = R"(usage: prism-records CONNINFO

Writes every record in a Prism database to the standard output, one JSON object per line: its at-uri, its
CID and the record, made again from the columns or from the block that was kept. One that does not give
back its CID is named on the standard error and left out.

CONNINFO is a postgresql:// URL or libpq's key=value pairs. Exit code 0 if all records were written, 1 if
some were left out, 2 if the database or the output failed.
)";

class printer {
public:
  void operator()(const db::stored_record& each) {
    const auto uri = fmt::format("at://{}/{}/{}", each.did, atproto::nsid_of(each.kind), each.rkey);
    const auto document =
        atproto::cbor_document::parse_received(each.block, atproto::bad_texts::replace);
    if (!document || !each.has_its_cid()) {
      fmt::print(stderr, "prism-records: {}: the rebuilt record does not have CID {}\n", uri,
                 each.cid);
      damaged_ = true;
      return;
    }
    const boost::json::object line{
        {"uri", uri}, {"cid", each.cid}, {"record", atproto::to_json(document->root())}};
    const auto text = boost::json::serialize(line) + '\n';
    written_ = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && written_;
  }

  [[nodiscard]] int exit_code() const {
    if (!written_ || std::fflush(stdout) != 0)
      return exit_failure;
    return damaged_ ? exit_damaged : 0;
  }

private:
  bool written_{true};
  bool damaged_{false};
};

int run(const std::string& conninfo) {
  db::connect_options options;
  options.conninfo = conninfo;
  options.application_name = "prism-records";
  auto on = db::connection::open(std::move(options));
  if (!on) {
    fmt::print(stderr, "prism-records: {}\n", db::describe(on.error()));
    return exit_failure;
  }
  printer print;
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    const auto kind = static_cast<atproto::collection>(i);
    const auto visited =
        db::for_each_stored_record(*on, kind, [&](const db::stored_record& each) { print(each); });
    if (!visited) {
      fmt::print(stderr, "prism-records: {}\n", db::describe(visited.error()));
      return exit_failure;
    }
  }
  return print.exit_code();
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == "--help") {
    std::fputs(usage, stdout);
    return 0;
  }
  if (argc != 2 || argv[1][0] == '-') {
    std::fputs(usage, stderr);
    return exit_usage;
  }
  return run(argv[1]);
}
