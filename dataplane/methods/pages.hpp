#pragma once

#include "dataplane/call.hpp"
#include "dataplane/methods/arguments.hpp"
#include "db/reads/record_list.hpp"

#include <string>
#include <utility>

/// Requests for lists of records by time, and their answers.
namespace prism::dataplane {

/// The page that a request with `limit` and `cursor` asks for.
/// @returns `invalid_argument` if the cursor is none
template <class Request>
[[nodiscard]] answer<reads::page_request> page_of(const Request& in) {
  auto after = reads::parse_list_cursor(in.cursor());
  if (!after)
    return invalid(std::move(after.error().message));
  return reads::page_request{std::move(*after), reads::list_limit(in.limit())};
}

/// Answers a request for a list.
/// @param of a DID or uri; with a NUL it is that of nobody
/// @param read gives the page, from an executor, the text that says of whom or what, and the page's
/// request
/// @param add puts one record into the answer
template <class Request, class Response, class Read, class Add>
[[nodiscard]] answer<void> answer_list(call& with, const std::string& of, const Request& in,
                                       Response& out, Read read, Add add) {
  const auto asked = page_of(in);
  if (!asked)
    return tl::unexpected(asked.error());
  auto page = read(with.on, without_nul(of), *asked);
  if (!page)
    return failed(page.error());
  for (auto& each : page->rows)
    add(out, each);
  out.set_cursor(std::move(page->cursor));
  return {};
}

} // namespace prism::dataplane
