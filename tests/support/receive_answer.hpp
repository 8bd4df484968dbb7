#pragma once

#include <utility>

namespace prism::test {

/// Waits for the answer to a request that a test's blocking actor has sent. ThreadSanitizer cannot
/// be told of the mailboxes of such actors: what they receive looks raced for, and tests/tsan.supp
/// knows it by the name of this function.
template <class Sent, class Good, class Bad>
[[gnu::noinline]] void receive_answer(Sent&& sent, Good&& good, Bad&& bad) {
  std::forward<Sent>(sent).receive(std::forward<Good>(good), std::forward<Bad>(bad));
}

} // namespace prism::test
