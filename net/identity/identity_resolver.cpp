#include "net/identity/identity_resolver.hpp"

#include "net/identity/identity_lookup.hpp"
#include "net/io_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <mutex>

namespace prism::net {

namespace asio = boost::asio;

class identity_resolver::impl {
public:
  explicit impl(identity_options options) : options_(std::move(options)) {}
  // NOLINTNEXTLINE(bugprone-exception-escape): without memory the process ends
  ~impl() { stop(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  expected<void> start() {
    auto tls = make_client_tls(options_.ca_file);
    if (!tls)
      return tl::unexpected(tls.error());
    auto dns = dns_resolver::make(thread_.context(), {.servers = options_.dns_servers});
    if (!dns)
      return tl::unexpected(dns.error());
    dns_ = std::move(*dns);
    http_client_options options;
    options.timeout = options_.timeout;
    options.max_in_flight = options_.max_in_flight;
    options.limits = options_.limits;
    options.allow_private = options_.allow_private;
    http_.emplace(thread_.context(), *dns_, std::move(*tls), options);
    lookup_.emplace(options_, *http_, *dns_);
    return thread_.start("identity resolution");
  }

  void stop() {
    asio::post(thread_.context(), [this] {
      if (http_)
        http_->stop();
      if (dns_)
        dns_->cancel();
    });
    thread_.finish();
  }

  // Runs `work` on the thread and passes its answer, or the default one if it throws, to `done`.
  template <class Answer, class Work>
  void run(Work work, std::function<void(Answer)> done) {
    asio::co_spawn(thread_.context(), std::move(work),
                   [this, done = std::move(done)](const std::exception_ptr& failed, Answer answer) {
                     if (failed)
                       answer.why = "internal error: the lookup threw an exception";
                     {
                       const std::scoped_lock lock(mutex_);
                       stats_ = lookup_->stats();
                     }
                     done(std::move(answer));
                   });
  }

  [[nodiscard]] identity_lookup& lookup() { return *lookup_; }
  [[nodiscard]] identity_stats stats() const {
    const std::scoped_lock lock(mutex_);
    return stats_;
  }

private:
  const identity_options options_;
  io_thread thread_;
  std::unique_ptr<dns_resolver> dns_;
  std::optional<http_client> http_;
  std::optional<identity_lookup> lookup_;
  mutable std::mutex mutex_;
  identity_stats stats_;
};

expected<std::unique_ptr<identity_resolver>> identity_resolver::start(identity_options options) {
  auto made = std::make_unique<impl>(std::move(options));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<identity_resolver>(new identity_resolver(std::move(made)));
}

identity_resolver::identity_resolver(std::unique_ptr<impl> made) : impl_(std::move(made)) {}

identity_resolver::~identity_resolver() = default;

void identity_resolver::check_handle(std::string did, bool bypass_cache,
                                     std::function<void(handle_answer)> done) {
  impl_->run<handle_answer>(
      [this, did = std::move(did), bypass_cache] {
        return impl_->lookup().check_handle(did, bypass_cache);
      },
      std::move(done));
}

void identity_resolver::find_document(std::string did, std::function<void(document_answer)> done) {
  impl_->run<document_answer>(
      [this, did = std::move(did)] { return impl_->lookup().find_document(did); }, std::move(done));
}

void identity_resolver::check_hosting(std::string did, std::function<void(hosting_answer)> done) {
  impl_->run<hosting_answer>(
      [this, did = std::move(did)] { return impl_->lookup().check_hosting(did); }, std::move(done));
}

void identity_resolver::stop() {
  impl_->stop();
}

identity_stats identity_resolver::stats() const {
  return impl_->stats();
}

} // namespace prism::net
