#include "net/certificates/whole_file.hpp"

#include "core/errno_text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace prism::net {

namespace {

/// A descriptor that is closed, and a draft that is removed, unless released.
class draft {
public:
  draft(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;
  ~draft() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] bool fill(std::string_view content, mode_t mode) const {
    while (!content.empty()) {
      const auto count = ::write(descriptor_, content.data(), content.size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return false;
      content.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::fchmod(descriptor_, mode) == 0 && ::fsync(descriptor_) == 0;
  }

private:
  int descriptor_;
  std::string path_;
};

bool sync_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const bool good = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return good;
}

} // namespace

expected<void> write_whole_file(const std::string& path, std::string_view content,
                                file_readers readers, existing_file existing) {
  const auto failed = [&] { return fail(errc::io, "cannot write '{}': {}", path, errno_text()); };
  std::string name = path + ".XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC); // with mode 0600
  if (descriptor < 0)
    return failed();
  const draft made(descriptor, name);
  if (!made.fill(content, readers == file_readers::owner ? 0600 : 0644))
    return failed();
  // link() never replaces, rename() always does.
  if (existing == existing_file::keep) {
    if (::link(name.c_str(), path.c_str()) != 0)
      return errno == EEXIST ? expected<void>(fail(errc::invalid, "'{}' exists", path)) : failed();
  } else if (::rename(name.c_str(), path.c_str()) != 0) {
    return failed();
  }
  if (!sync_folder_of(path))
    return failed();
  return {};
}

} // namespace prism::net
