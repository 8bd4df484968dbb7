#include "db/embedded/child_process.hpp"

#include "core/errno_text.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <grp.h>
#include <mutex>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace prism::db {
namespace {

class unique_fd {
public:
  explicit unique_fd(int fd = -1) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  void reset() noexcept { *this = unique_fd(); }

private:
  int fd_;
};

/// What failed in the child before execve(); reported through a pipe.
enum class spawn_stage : int { session, output, user, directory, death_signal, program };

struct child_failure {
  spawn_stage stage;
  int error;
};

/// Everything the child needs, prepared before fork(): after it, in a process with threads, only
/// async-signal-safe calls are allowed, and no allocation.
struct launch {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const child_options* options;
  int null_fd;
  int output_fd;
  int report_fd;
  pid_t parent;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const auto& text : texts)
    list.push_back(const_cast<char*>(text.c_str())); // execve() does not write
  list.push_back(nullptr);
  return list;
}

[[noreturn]] void exit_with(int report_fd, spawn_stage stage) {
  const child_failure failure{stage, errno};
  [[maybe_unused]] const auto written = ::write(report_fd, &failure, sizeof failure);
  ::_exit(127);
}

[[noreturn]] void run_child(const launch& plan) {
  for (const int number : {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD})
    ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::setsid() < 0)
    exit_with(plan.report_fd, spawn_stage::session);
  if (::dup2(plan.null_fd, 0) < 0 || ::dup2(plan.output_fd, 1) < 0 || ::dup2(plan.output_fd, 2) < 0)
    exit_with(plan.report_fd, spawn_stage::output);
  // Raw system calls: the library functions would try to change the parent's threads, too.
  if (const auto& user = plan.options->user)
    if (::syscall(SYS_setgroups, user->groups.size(), user->groups.data()) != 0 ||
        ::syscall(SYS_setresgid, user->gid, user->gid, user->gid) != 0 ||
        ::syscall(SYS_setresuid, user->uid, user->uid, user->uid) != 0)
      exit_with(plan.report_fd, spawn_stage::user);
  ::umask(S_IRWXG | S_IRWXO);
  if (::chdir(plan.options->directory.c_str()) != 0)
    exit_with(plan.report_fd, spawn_stage::directory);
  // After the change of user, which clears the death signal. The parent may have ended already.
  if (plan.options->death_signal != 0 &&
      (::prctl(PR_SET_PDEATHSIG, plan.options->death_signal) != 0 || ::getppid() != plan.parent))
    exit_with(plan.report_fd, spawn_stage::death_signal);
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  exit_with(plan.report_fd, spawn_stage::program);
}

std::string_view to_string(spawn_stage stage) {
  switch (stage) {
  case spawn_stage::session:
    return "start a session";
  case spawn_stage::output:
    return "redirect its output";
  case spawn_stage::user:
    return "change the user";
  case spawn_stage::directory:
    return "enter its working directory";
  case spawn_stage::death_signal:
    return "ask for the death signal";
  case spawn_stage::program:
    return "execute the program";
  }
  return "start";
}

expected<unique_fd> open_output(const child_options& options) {
  if (options.output.empty())
    return unique_fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  unique_fd fd(::open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                      S_IRUSR | S_IWUSR | S_IRGRP));
  if (fd.get() < 0)
    return fail(errc::io, "cannot open {}: {}", options.output.string(), errno_text());
  return fd;
}

// @returns the pid once the program is running
expected<pid_t> spawn(const child_options& options) {
  const unique_fd null_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  unique_fd opened;
  if (options.output_fd < 0) {
    auto output = open_output(options);
    if (!output)
      return tl::unexpected(std::move(output.error()));
    opened = std::move(*output);
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(errc::io, "cannot create a pipe: {}", errno_text());
  const unique_fd report_read(ends[0]);
  unique_fd report_write(ends[1]);
  const launch plan{pointers(options.argv),
                    pointers(options.environment),
                    &options,
                    null_fd.get(),
                    options.output_fd < 0 ? opened.get() : options.output_fd,
                    report_write.get(),
                    ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0)
    return fail(errc::io, "cannot fork for {}: {}", options.argv[0], errno_text());
  if (pid == 0)
    run_child(plan);
  report_write.reset();
  child_failure failure{};
  ssize_t count = 0;
  do // end of file means success: execve() has closed the pipe
    count = ::read(report_read.get(), &failure, sizeof failure);
  while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(sizeof failure))
    return pid;
  ::waitpid(pid, nullptr, 0);
  return fail(errc::io, "cannot {} of {}{}: {}", to_string(failure.stage), options.argv[0],
              options.user ? " as user " + options.user->name : std::string{},
              errno_text(failure.error));
}

} // namespace

struct child_process::state {
  pid_t pid{};
  std::thread keeper;
  mutable std::mutex mutex;
  mutable std::condition_variable ended;
  std::optional<int> wait_status;
};

expected<run_as> find_user(const std::string& name) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return fail(errc::not_found, "there is no user {} on this system", name);
  run_as user{name, entry.pw_uid, entry.pw_gid, {}};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count) < 0)
    user.groups.assign(1, entry.pw_gid);
  else
    user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

expected<child_process> child_process::start(const child_options& options) {
  auto shared = std::make_unique<state>();
  std::promise<expected<pid_t>> started;
  auto answer = started.get_future();
  shared->keeper =
      std::thread([&options, started = std::move(started), self = shared.get()]() mutable {
        auto pid = spawn(options);
        const bool running = pid.has_value();
        const pid_t child = running ? *pid : -1;
        started.set_value(std::move(pid)); // `options` may be destroyed after this
        if (!running)
          return;
        int status = 0;
        siginfo_t info{};
        // Waits without reaping first, so that signal() can never reach a reused pid.
        while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0 &&
               errno == EINTR) {
        }
        const std::lock_guard lock(self->mutex);
        ::waitpid(child, &status, 0);
        self->wait_status = status;
        self->ended.notify_all();
      });
  auto pid = answer.get();
  if (!pid) {
    shared->keeper.join();
    return tl::unexpected(std::move(pid.error()));
  }
  shared->pid = *pid;
  return child_process(std::move(shared));
}

child_process::child_process(std::unique_ptr<state> started) : state_(std::move(started)) {}
child_process::child_process(child_process&&) noexcept = default;

child_process::~child_process() {
  if (!state_)
    return;
  signal(SIGKILL);
  state_->keeper.join();
}

pid_t child_process::pid() const noexcept {
  return state_->pid;
}

void child_process::signal(int number) const noexcept {
  const std::lock_guard lock(state_->mutex);
  if (!state_->wait_status)
    ::kill(state_->pid, number);
}

std::optional<int> child_process::wait(std::chrono::milliseconds limit) const {
  std::unique_lock lock(state_->mutex);
  state_->ended.wait_for(lock, limit, [this] { return state_->wait_status.has_value(); });
  return state_->wait_status;
}

expected<finished_program> run_program(child_options options, std::chrono::milliseconds limit) {
  const unique_fd memory(::memfd_create("output", MFD_CLOEXEC));
  if (memory.get() < 0)
    return fail(errc::io, "cannot allocate memory for the output of {}: {}", options.argv[0],
                errno_text());
  options.output_fd = memory.get();
  auto child = child_process::start(options);
  if (!child)
    return tl::unexpected(std::move(child.error()));
  const auto status = child->wait(limit);
  finished_program done;
  std::array<char, 4096> chunk{};
  off_t at = 0;
  for (ssize_t count = 0; (count = ::pread(memory.get(), chunk.data(), chunk.size(), at)) > 0;
       at += count)
    done.output.append(chunk.data(), static_cast<std::size_t>(count));
  if (!status)
    return fail(errc::timeout, "{} did not end within {} ms; its output: {}", options.argv[0],
                limit.count(), done.output);
  done.wait_status = *status;
  return done;
}

std::string exit_text(int wait_status) {
  if (WIFEXITED(wait_status))
    return fmt::format("exit code {}", WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return fmt::format("signal {} (SIG{})", number, ::sigabbrev_np(number));
}

} // namespace prism::db
