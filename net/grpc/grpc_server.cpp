#include "net/grpc/grpc_server.hpp"

#include "net/io_thread.hpp"
#include "net/tcp_listener.hpp"

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <map>
#include <nghttp2/nghttp2.h>

// A first version: the plain case.
namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct stream {
  std::string path;
  std::string body;
  std::uint64_t id{0};
  std::string out;
  std::size_t sent{0};
  grpc_answer answer;
};

} // namespace

class grpc_server::impl {
public:
  impl(grpc_server_options options, grpc_handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), acceptor_(thread_.context()) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() { stop(); }

  class session;

  expected<void> start() {
    if (auto listening = listen(acceptor_, options_.listen); !listening)
      return listening;
    port_ = acceptor_.local_endpoint().port();
    accept();
    return thread_.start("gRPC");
  }
  void accept();
  void stop();
  void answer(std::uint64_t id, grpc_answer with);

  grpc_server_options options_;
  grpc_handler handler_;
  io_thread thread_;
  tcp::acceptor acceptor_;
  std::uint16_t port_{0};
  std::uint64_t last_id_{0};
  std::map<std::uint64_t, std::pair<std::weak_ptr<session>, std::int32_t>> calls_;
  std::map<session*, std::shared_ptr<session>> sessions_;
};

class grpc_server::impl::session : public std::enable_shared_from_this<session> {
public:
  session(impl& server, tcp::socket socket) : server_(server), socket_(std::move(socket)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          static_cast<session*>(self)->streams_[frame->hd.stream_id];
          return 0;
        });
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t n, const std::uint8_t* value, std::size_t m, std::uint8_t,
                      void* self) {
          if (std::string_view(reinterpret_cast<const char*>(name), n) == ":path")
            static_cast<session*>(self)->streams_[frame->hd.stream_id].path.assign(
                reinterpret_cast<const char*>(value), m);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                      std::size_t n, void* self) {
          static_cast<session*>(self)->streams_[id].body.append(
              reinterpret_cast<const char*>(data), n);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            static_cast<session*>(self)->complete(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* self) {
          static_cast<session*>(self)->gone(id);
          return 0;
        });
    nghttp2_session_server_new(&http_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const std::array settings{
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}};
    nghttp2_submit_settings(http_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  }
  ~session() { nghttp2_session_del(http_); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void read() {
    socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](auto ec, auto n) {
      if (ec || nghttp2_session_mem_recv(self->http_, self->in_.data(), n) < 0)
        return self->end();
      self->write();
      self->read();
    });
  }
  void end() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    while (!streams_.empty())
      gone(streams_.begin()->first);
    server_.sessions_.erase(this);
  }
  void complete(std::int32_t id) {
    auto& at = streams_[id];
    at.id = ++server_.last_id_;
    server_.calls_[at.id] = {weak_from_this(), id};
    server_.handler_.on_call({at.id, at.path, at.body.size() > 5 ? at.body.substr(5) : "", {}});
  }
  void gone(std::int32_t id) {
    const auto call = streams_[id].id;
    streams_.erase(id);
    if (server_.calls_.erase(call) != 0)
      server_.handler_.on_cancel(call);
  }
  void answer(std::int32_t id, grpc_answer with) {
    auto& at = streams_[id];
    at.answer = std::move(with);
    const auto size = static_cast<std::uint32_t>(at.answer.message.size());
    at.out.assign(1, '\0');
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      at.out.push_back(static_cast<char>((size >> shift) & 0xffU));
    at.out += at.answer.message;
    status_ = std::to_string(static_cast<int>(at.answer.status));
    const auto field = [](std::string_view name, std::string_view value) {
      return nghttp2_nv{reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                        name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
    };
    const std::array head{field(":status", "200"),
                          field("content-type", "application/grpc+proto"),
                          field("grpc-status", status_)};
    nghttp2_data_provider body{};
    body.source.ptr = &at;
    body.read_callback = [](nghttp2_session* http, std::int32_t stream_id, std::uint8_t* out,
                            std::size_t room, std::uint32_t* flags, nghttp2_data_source* from,
                            void*) -> ssize_t {
      auto& sending = *static_cast<stream*>(from->ptr);
      const auto n = std::min(room, sending.out.size() - sending.sent);
      std::copy_n(sending.out.data() + sending.sent, n, out);
      sending.sent += n;
      if (sending.sent == sending.out.size()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::string name = "grpc-status";
        std::string value = "0";
        const nghttp2_nv trailer{reinterpret_cast<std::uint8_t*>(name.data()),
                                 reinterpret_cast<std::uint8_t*>(value.data()), name.size(),
                                 value.size(), NGHTTP2_NV_FLAG_NONE};
        nghttp2_submit_trailer(http, stream_id, &trailer, 1);
      }
      return static_cast<ssize_t>(n);
    };
    if (at.answer.status == grpc_status::ok)
      nghttp2_submit_response(http_, id, head.data(), 2, &body);
    else
      nghttp2_submit_response(http_, id, head.data(), 3, nullptr);
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->write(); });
  }

private:
  void write() {
    if (writing_)
      return;
    for (;;) {
      const std::uint8_t* data = nullptr;
      const auto n = nghttp2_session_mem_send(http_, &data);
      if (n <= 0)
        break;
      out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(n));
    }
    if (out_.empty())
      return;
    writing_ = true;
    asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](auto ec, auto) {
      self->writing_ = false;
      self->out_.clear();
      if (!ec)
        self->write();
    });
  }

  impl& server_;
  tcp::socket socket_;
  nghttp2_session* http_{nullptr};
  std::array<std::uint8_t, 65536> in_{};
  std::string out_;
  std::string status_;
  bool writing_{false};
  std::map<std::int32_t, stream> streams_;
};

void grpc_server::impl::accept() {
  acceptor_.async_accept([this](auto ec, tcp::socket socket) {
    if (ec)
      return;
    socket.set_option(tcp::no_delay(true), ec);
    auto made = std::make_shared<session>(*this, std::move(socket));
    sessions_[made.get()] = made;
    made->read();
    accept();
  });
}

void grpc_server::impl::stop() {
  asio::post(thread_.context(), [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    handler_.on_cancel = [](std::uint64_t) {};
    while (!sessions_.empty())
      std::shared_ptr(sessions_.begin()->second)->end();
  });
  thread_.finish();
}

void grpc_server::impl::answer(std::uint64_t id, grpc_answer with) {
  asio::dispatch(thread_.context(), [this, id, with = std::move(with)]() mutable {
    const auto found = calls_.find(id);
    if (found == calls_.end())
      return;
    const auto [where, stream_id] = found->second;
    calls_.erase(found);
    if (const auto session = where.lock())
      session->answer(stream_id, std::move(with));
  });
}

grpc_server::grpc_server(std::unique_ptr<impl> pimpl) : impl_(std::move(pimpl)) {}
grpc_server::~grpc_server() = default;

expected<std::unique_ptr<grpc_server>> grpc_server::start(grpc_server_options options,
                                                          grpc_handler handler) {
  auto made = std::make_unique<impl>(std::move(options), std::move(handler));
  if (auto started = made->start(); !started)
    return tl::unexpected(started.error());
  return std::unique_ptr<grpc_server>(new grpc_server(std::move(made)));
}

void grpc_server::answer(std::uint64_t id, grpc_answer with) {
  impl_->answer(id, std::move(with));
}
void grpc_server::post(std::function<void()> work) {
  asio::post(impl_->thread_.context(), std::move(work));
}
bool grpc_server::drain(std::chrono::milliseconds /*limit*/) {
  return true;
}
void grpc_server::stop() {
  impl_->stop();
}
std::uint16_t grpc_server::port() const noexcept {
  return impl_->port_;
}
grpc_server_stats grpc_server::stats() const {
  return {};
}

} // namespace prism::net
