#pragma once

#include "core/error.hpp"
#include "options.hpp"

#include <cstddef>
#include <string>

namespace prism::synth {

/// Totals of a run.
struct written_corpus {
  std::size_t frames{0};
  std::size_t operations{0};
  std::size_t bytes{0}; ///< of all frames
};

/// Generates a network and writes it as the files of a corpus (tools/prism-synth/options.hpp).
/// @returns `errc::io` naming the file.
[[nodiscard]] expected<written_corpus> write_corpus(const options& how);

} // namespace prism::synth
