#pragma once

#include "atproto/frame/frame.hpp"
#include "atproto/repo/car.hpp"

namespace prism::test {

/// The root of the tree before a commit, found by inverting its operations in the part of the tree
/// that its blocks contain (sync spec, "Message Validation Checklist").
/// @returns `errc::invalid` naming what is wrong or missing.
[[nodiscard]] expected<atproto::cid> root_before(const atproto::car_view& blocks,
                                                 const atproto::cid& root,
                                                 const std::vector<atproto::repo_op>& operations);

} // namespace prism::test
