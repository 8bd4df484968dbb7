#pragma once

#include "atproto/crypto/did_key.hpp"
#include "tools/prism-synth/options.hpp"
#include "tools/replay/corpus_file.hpp"

#include <map>
#include <string>

namespace prism::test {

/// A synthetic corpus, read back from its files.
struct synth_corpus {
  net::corpus frames;
  std::map<std::string, atproto::public_key, std::less<>> keys; ///< by DID
  std::map<std::string, std::string> files;                     ///< by ending, their bytes
};

/// Writes a corpus into a scratch directory and reads it.
[[nodiscard]] synth_corpus make_corpus(synth::options how);

} // namespace prism::test
