#pragma once

#include "core/error.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/frame_source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace prism::net {

/// A corpus with access by cursor. Immutable after `make`.
class replay_log final : public frame_source {
public:
  /// @param window frames kept at the end; 0: all. Error: `errc::invalid` naming the frame that is
  /// malformed or whose seq does not increase.
  [[nodiscard]] static expected<std::unique_ptr<replay_log>> make(corpus frames,
                                                                  std::size_t window);

  [[nodiscard]] entry enter(std::optional<std::int64_t> cursor, bool from_start) override;
  [[nodiscard]] found at(std::size_t index) override;

private:
  corpus frames_;
  std::vector<std::int64_t> seqs_; // of each frame, or of its predecessor if it has none
  std::size_t oldest_{0};
};

} // namespace prism::net
