#include "db/reads/filtered_page.hpp"

#include <array>

namespace prism::reads {

outcome<filtered_rows> read_filtered(executor& on, const db::statement& select_rows,
                                     const db::params& p, const db::statement& select_last_read,
                                     std::string_view did, micros until, std::size_t rows) {
  db::params of_last_read;
  of_last_read.text(did).timestamptz(until).int8(limit_param(rows));
  const std::array requests{db::request{&select_rows, nullptr, &p},
                            db::request{&select_last_read, nullptr, &of_last_read}};
  auto found = on.round_trip(requests);
  if (!found)
    return tl::unexpected(found.error());
  filtered_rows out{std::move((*found)[0]), {}};
  if (!(*found)[1].empty())
    out.last_read = (*found)[1].get_timestamptz(0, 0);
  return out;
}

} // namespace prism::reads
