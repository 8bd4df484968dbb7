#pragma once

#include "atproto/crypto/did_key.hpp"
#include "atproto/frame/frame.hpp"
#include "tools/replay/corpus_file.hpp"

#include <map>
#include <string>
#include <vector>

namespace prism::bench {

/// The frames of sample/small as received, read once. Ends the program if they cannot be read.
[[nodiscard]] const net::corpus& sample();

/// The same decoded; they point into `sample()`.
[[nodiscard]] const std::vector<atproto::frame>& decoded_sample();

/// All commits among them.
[[nodiscard]] const std::vector<atproto::commit_frame>& sample_commits();

/// The signing key of each account of the sample.
[[nodiscard]] const std::map<std::string, atproto::public_key, std::less<>>& sample_keys();

} // namespace prism::bench
