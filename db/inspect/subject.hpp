#pragma once

#include <string>
#include <string_view>

namespace prism::db {

/// What `explain` is asked about. Either `did` or `handle` is set, unless `problem` is.
struct explained_subject {
  std::string did;
  std::string handle;     ///< lower-case
  std::string collection; ///< an NSID; empty: the account
  std::string rkey;       ///< empty: the account, or all of a collection
  std::string problem;    ///< why the text is none of these; else empty
};

/// Pure; any thread.
[[nodiscard]] explained_subject parse_subject(std::string_view text);

} // namespace prism::db
