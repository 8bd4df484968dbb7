#pragma once

#include <utility>

namespace prism::test {

namespace detail {

template <class Sent, class Good, class Bad>
[[gnu::noinline]] void receive(Sent& sent, Good& good, Bad& bad) {
  sent.receive(std::move(good), std::move(bad));
}

} // namespace detail

/// Waits for the answer to a request that a test's blocking actor has sent. ThreadSanitizer cannot
/// be told of the mailboxes of such actors: what they receive looks raced for, and tests/tsan.supp
/// knows it by the name of this function, which is in its stacks as it calls another.
template <class Sent, class Good, class Bad>
[[gnu::noinline]] void receive_answer(Sent&& sent, Good good, Bad bad) {
  detail::receive(sent, good, bad);
}

} // namespace prism::test
