#pragma once

#include "atproto/records/collection.hpp"
#include "db/batch/place.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/sorted_page.hpp"

#include <string>
#include <string_view>

/// Lists of records, newest first.
namespace prism::reads {

using db::executor;
using db::micros;
using db::outcome;

/// A record in such a list.
struct listed_record {
  micros sort_at{0}; ///< µs since 1970, whole milliseconds
  std::string cid;
  std::string uri;
  std::string did;   ///< of its creator
  std::string other; ///< DID or at-uri of its subject; empty in lists that do not have it
  bool shown{true};
  bool opted_out{false}; ///< of a list item: the member has opted out of the list
  /// Of an operation that is parked: likes and reposts of posts that are not known yet, and items
  /// of such lists, are listed, too. Of several of one pair the first one counts.
  std::optional<db::stream_place> parked;
};
using record_page = sorted_page<listed_record>;

/// The first columns of a statement for such a list: sort_at, cid, DID of the creator, rkey.
void read_listed(listed_record& out, db::row_reader& row, atproto::collection kind);

/// The at-uri in the next three columns: DID, collection, rkey; empty if they are null.
[[nodiscard]] std::string read_uri(db::row_reader& row);

/// Fragment {subject}, in a FROM list after a row with the DID of the uri's repo in $1, its
/// collection in $5 and its rkey in $6 (`add_subject`): `s.id` is its uris.id. Indexes:
/// users_did_key, the unique key of uris.
inline constexpr std::string_view subject_by_uri = R"sql(
    (
      SELECT id FROM users WHERE did = $1
      UNION ALL
      SELECT 0 WHERE $1 = ''
      LIMIT 1
    ) o
    CROSS JOIN LATERAL (
      SELECT id FROM uris WHERE repo_id = o.id AND collection = $5 AND rkey = $6 LIMIT 1
    ) s
)sql";

/// $1 to $6 of a statement that uses {subject} and {newest_first}.
[[nodiscard]] db::params subject_params(std::string_view uri, const page_request& page,
                                        std::size_t more);

/// $1 to $4 of a statement that uses {newest_first} and has the DID of an account in $1.
[[nodiscard]] db::params account_params(std::string_view did, const page_request& page,
                                        std::size_t more);

/// A FROM item: the uri whose uris.id is `id`, with the columns did (empty: without a DID),
/// collection and rkey, which `read_uri` reads. Indexes: uris_pkey, users_pkey.
/// @param name of the row
[[nodiscard]] const char* uri_named(std::string_view name, std::string_view id);

/// Fragment {max_parked}: most parked operations that a list reads; of one creator those with the
/// greatest rkeys.
inline constexpr std::string_view max_parked_listed = "1000";

/// Leaves out parked operations of pairs of which an earlier one is among the rows.
void drop_parked_duplicates(std::vector<listed_record>& rows);

/// Runs a statement for a list, with more rows if those that are left out leave the page short.
/// @param params_of makes its parameters, given a page and how many rows more are to be read
/// @param read fills a row
template <class Params, class Read>
[[nodiscard]] outcome<record_page> list_records(executor& on, const db::statement& select,
                                                const page_request& page, Params params_of,
                                                Read read, tie_order ties = tie_order::descending) {
  record_page out;
  if (page.limit == 0)
    return out;
  for (const std::size_t more : {std::size_t{0}, max_left_out}) {
    const auto rows = on.exec_prepared(select, params_of(more));
    if (!rows)
      return tl::unexpected(rows.error());
    auto records = db::read_rows<listed_record>(*rows, read);
    drop_parked_duplicates(records);
    out = cut_sorted(std::move(records), page.after, page.limit, more, ties);
    if (!out.unsure)
      break;
  }
  return out;
}

/// Fragment {max_read}: most rows of a list that is read as a whole and sorted.
inline constexpr std::string_view max_read_whole = "1000";

/// Runs a statement that returns all of an account's list, which is short, and cuts the page out.
/// @param select has the DID of the account in $1
template <class Read>
[[nodiscard]] outcome<record_page> list_whole(executor& on, const db::statement& select,
                                              std::string_view did, const page_request& page,
                                              Read read) {
  if (page.limit == 0)
    return record_page{};
  db::params p;
  p.text(did);
  const auto rows = on.exec_prepared(select, p);
  if (!rows)
    return tl::unexpected(rows.error());
  auto records = db::read_rows<listed_record>(*rows, read);
  drop_parked_duplicates(records);
  return cut_sorted(std::move(records), page.after, page.limit);
}

} // namespace prism::reads
