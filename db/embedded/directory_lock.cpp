#include "db/embedded/directory_lock.hpp"

#include "core/errno_text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prism::db {

expected<directory_lock> directory_lock::take(const std::filesystem::path& file,
                                              std::chrono::steady_clock::time_point until) {
  directory_lock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (lock.fd_ < 0)
    return fail(errc::io, "cannot open {}: {}", file.string(), errno_text());
  if (!wait_until(until, [&] { return ::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0; }))
    return fail(errc::timeout, "timeout: another process is starting the server of {}",
                file.parent_path().string());
  return lock;
}

directory_lock::~directory_lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace prism::db
