#pragma once

#include "db/reads/record_list.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Lists of records read to their end, and the same from a simple query.
namespace prism::test {

/// One of the functions of db/reads that gives a list of records.
struct record_listing {
  const char* name;
  db::outcome<reads::record_page> (*read)(db::executor& on, std::string_view of,
                                          const reads::page_request& page);
  /// SELECT of all: whose list (DID or uri), sort_at, CID, uri of the record, and DID or uri beside
  /// it.
  const char* reference;
  /// SELECT of the DIDs or uris that have a list.
  const char* keys;
};

[[nodiscard]] const std::vector<record_listing>& record_listings();

/// "MS CID URI OTHER" of each row, page by page.
[[nodiscard]] std::vector<std::string> read_listing(db::executor& on, const record_listing& list,
                                                    std::string_view of, std::size_t page,
                                                    std::size_t max_rows = 100'000);

/// The same from the simple query, sorted here.
[[nodiscard]] std::vector<std::string> reference_listing(db::executor& on,
                                                         const record_listing& list,
                                                         std::string_view of,
                                                         std::size_t max_rows = 100'000);

/// The DIDs or uris of a list, at most `limit`.
[[nodiscard]] std::vector<std::string> keys_of(db::executor& on, const record_listing& list,
                                               std::size_t limit = 1'000'000);

} // namespace prism::test
