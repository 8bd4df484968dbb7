#include "db/pg/server_identity.hpp"

#include "db/pg/executor.hpp"
#include "db/pg/params.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/row_reader.hpp"
#include "db/pg/statement.hpp"

namespace prism::db {

namespace {

// The first eight digits of a WAL file's name are the timeline; pg_control_checkpoint() would show
// it only after the first checkpoint behind a promotion.
const statement select_identity{"server_identity",
                                compose_sql(R"sql(
  SELECT (SELECT system_identifier::text FROM pg_control_system()),
    CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id::int8 FROM pg_control_checkpoint())
      ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int8 END,
    {server_start}
)sql",
                                            {{"server_start", server_start_sql}})};

const statement select_server_start{
    "server_start",
    compose_sql(R"sql(SELECT {server_start})sql", {{"server_start", server_start_sql}})};

constexpr std::string_view failed_cast = "22P02";

// Only a cast that fails can stop a pipeline without a function of ours in the database.
const statement prove_server{"prove_server", compose_sql(R"sql(
  SELECT CASE WHEN {server_start} = $1 THEN 0 ELSE ('found ' || {server_start})::int END
)sql",
                                                         {{"server_start", server_start_sql}})};

} // namespace

db_error another_server(std::string_view detail, const char* statement) {
  return {error_class::transient, std::string{server_changed},
          fmt::format("this is not the server, or not the start of it, that the node has worked "
                      "with: {}",
                      detail),
          statement};
}

void queue_prove_server(pipeline& out, const std::string& server_start) {
  params p;
  p.text(server_start);
  out.add(prove_server, std::move(p));
}

db_error as_server_changed(db_error failure) {
  // A connection that is lost during the statement proves nothing.
  if (failure.statement != prove_server.name || failure.sqlstate != failed_cast)
    return failure;
  return another_server(failure.message, prove_server.name);
}

outcome<server_identity> read_server_identity(executor& on) {
  server_identity out;
  const auto rows = on.exec_prepared(select_identity);
  if (rows) {
    row_reader(*rows, 0) >> out.system >> out.timeline >> out.start;
    return out;
  }
  // A hosted server may keep its control file and its WAL to itself.
  if (rows.error().cls != error_class::fatal)
    return tl::unexpected(rows.error());
  const auto server_start = on.exec_prepared(select_server_start);
  if (!server_start)
    return tl::unexpected(server_start.error());
  row_reader(*server_start, 0) >> out.start;
  return out;
}

} // namespace prism::db
