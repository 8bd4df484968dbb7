#pragma once

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>
#include <zstd.h>

namespace prism::test {

/// Everything in a zstd file.
inline std::vector<std::byte> read_zstd(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string packed{std::istreambuf_iterator<char>{file}, {}};
  if (packed.empty())
    throw std::runtime_error("cannot read " + path);
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream{ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream};
  std::vector<std::byte> all;
  std::vector<std::byte> chunk(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t more = 1;
  while (in.pos < in.size) {
    ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
    more = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(more) != 0U)
      throw std::runtime_error(path + ": " + ZSTD_getErrorName(more));
    all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(out.pos));
  }
  if (more != 0)
    throw std::runtime_error(path + " is truncated");
  return all;
}

/// A recorded firehose: zstd, then for each WebSocket message its length as u32 big-endian and its
/// bytes as they were received.
class sample_frames {
public:
  explicit sample_frames(const std::string& path) : bytes_(read_zstd(path)) {}

  /// Calls `use` with the bytes of every message, in order.
  template <class F>
  void each(F&& use) const {
    constexpr std::size_t length_size = 4;
    std::span<const std::byte> rest{bytes_};
    while (!rest.empty()) {
      std::size_t size = 0;
      for (const auto byte : rest.first(length_size))
        size = (size << 8U) | std::to_integer<std::size_t>(byte);
      if (size > rest.size() - length_size)
        throw std::runtime_error("the sample ends inside a message");
      use(rest.subspan(length_size, size));
      rest = rest.subspan(length_size + size);
    }
  }

private:
  std::vector<std::byte> bytes_;
};

} // namespace prism::test
