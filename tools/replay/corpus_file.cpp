#include "tools/replay/corpus_file.hpp"

#include "core/errno_text.hpp"

#include <boost/endian/conversion.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <zstd.h>

namespace prism::net {

namespace {

constexpr std::size_t length_bytes = 4;

struct closer {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

// Reads the decompressed bytes of a file in pieces of any size.
class zstd_reader {
public:
  zstd_reader(const std::string& path, std::unique_ptr<std::FILE, closer> file)
      : path_(path), file_(std::move(file)), stream_(ZSTD_createDStream()),
        input_bytes_(ZSTD_DStreamInSize()) {}

  // Fills `out`; fewer bytes mean the end of the file.
  expected<std::size_t> read(std::byte* out, std::size_t size) {
    ZSTD_outBuffer output{out, size, 0};
    while (output.pos < output.size) {
      if (input_.pos == input_.size && !refill())
        break;
      const auto before = output.pos;
      const std::size_t hint = ZSTD_decompressStream(stream_.get(), &output, &input_);
      if (ZSTD_isError(hint) != 0)
        return fail(errc::invalid, "'{}' is not a whole zstd file: {}", path_,
                    ZSTD_getErrorName(hint));
      between_zstd_frames_ = hint == 0;
      if (output.pos == before && input_.pos == input_.size && std::feof(file_.get()) != 0)
        break;
    }
    if (std::ferror(file_.get()) != 0)
      return fail(errc::io, "reading '{}': {}", path_, errno_text());
    if (output.pos < output.size && !between_zstd_frames_)
      return fail(errc::invalid, "'{}' is not a whole zstd file: it is truncated", path_);
    return output.pos;
  }

private:
  bool refill() {
    const auto count = std::fread(input_bytes_.data(), 1, input_bytes_.size(), file_.get());
    input_ = {input_bytes_.data(), count, 0};
    // At the end of the file, zstd may still return buffered output for empty input.
    return count > 0 || !between_zstd_frames_;
  }

  const std::string& path_;
  std::unique_ptr<std::FILE, closer> file_;
  std::unique_ptr<ZSTD_DStream, closer> stream_;
  std::vector<char> input_bytes_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool between_zstd_frames_{false};
};

} // namespace

expected<corpus> read_corpus(const std::string& path, const corpus_limits& limits) {
  std::unique_ptr<std::FILE, closer> file(std::fopen(path.c_str(), "rb"));
  if (!file)
    return fail(errno == ENOENT ? errc::not_found : errc::io, "corpus '{}': {}", path,
                errno_text());
  zstd_reader reader(path, std::move(file));
  corpus frames;
  std::size_t total = 0;
  for (;;) {
    std::byte head[length_bytes];
    const auto got_head = reader.read(head, length_bytes);
    if (!got_head)
      return tl::unexpected(got_head.error());
    if (*got_head == 0)
      return frames;
    if (*got_head < length_bytes)
      return fail(errc::invalid, "corpus '{}' ends inside the length of frame {}", path,
                  frames.size());
    const std::size_t length =
        boost::endian::load_big_u32(reinterpret_cast<const unsigned char*>(head));
    total += length;
    if (length > limits.frame_bytes || total > limits.total_bytes)
      return fail(errc::limit,
                  "corpus '{}': frame {} of {} bytes is over the limits of {} bytes per frame and "
                  "{} in all",
                  path, frames.size(), length, limits.frame_bytes, limits.total_bytes);
    auto frame = std::make_shared<std::vector<std::byte>>(length);
    const auto got = reader.read(frame->data(), length);
    if (!got)
      return tl::unexpected(got.error());
    if (*got < length)
      return fail(errc::invalid, "corpus '{}' ends inside frame {}", path, frames.size());
    frames.push_back(std::move(frame));
  }
}

} // namespace prism::net
