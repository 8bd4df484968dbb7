#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// Who may read a file.
enum class file_readers : std::uint8_t {
  owner,   ///< mode 0600
  everyone ///< mode 0644
};

/// What to do if the file exists.
enum class existing_file : std::uint8_t { keep, replace };

/// Writes a file so that it is never there in part: with its mode from the beginning, complete and
/// on the disk before it gets its name. Errors: `errc::invalid` if it exists and is to be kept,
/// `errc::io` naming the file and the system's reason.
[[nodiscard]] expected<void> write_whole_file(const std::string& path, std::string_view content,
                                              file_readers readers, existing_file existing);

} // namespace prism::net
