#pragma once

#include "core/error.hpp"

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <zstd.h>

namespace prism::synth {

/// A file that is written as one zstd stream.
class packed_file {
public:
  [[nodiscard]] static expected<packed_file> create(const std::string& path);

  /// Errors are kept for `finish`.
  void write(std::span<const std::byte> data);
  void write(std::string_view text) { write(std::as_bytes(std::span{text})); }

  /// Ends the stream and closes the file.
  /// @returns the first error of any call.
  [[nodiscard]] expected<void> finish();

private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct freer {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  packed_file(std::string path, std::FILE* file);
  void pack(std::span<const std::byte> data, ZSTD_EndDirective how);

  std::string path_;
  std::unique_ptr<std::FILE, closer> file_;
  std::unique_ptr<ZSTD_CCtx, freer> context_;
  std::vector<std::byte> packed_;
  bool failed_{false};
};

} // namespace prism::synth
