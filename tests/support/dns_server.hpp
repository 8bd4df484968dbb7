#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace prism::test {

/// A real name server on UDP for tests. Names it was not told of do not exist.
class dns_server {
public:
  enum class mood { answer, fail, silent };

  dns_server()
      : socket_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
        thread_([this] { serve(); }) {}
  dns_server(const dns_server&) = delete;
  dns_server& operator=(const dns_server&) = delete;
  ~dns_server() {
    stopping_ = true;
    boost::asio::ip::udp::socket waker(context_, boost::asio::ip::udp::v4());
    waker.send_to(boost::asio::buffer("", 1), socket_.local_endpoint());
    thread_.join();
  }

  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
  }

  /// A TXT record of one or more strings.
  void add_txt(const std::string& name, const std::vector<std::string>& strings) {
    std::string data;
    for (const auto& each : strings)
      data += char(each.size()) + each;
    add(name, txt, data);
  }
  void add_address(const std::string& name, const std::string& address) {
    const auto parsed = boost::asio::ip::make_address(address);
    if (parsed.is_v4()) {
      const auto bytes = parsed.to_v4().to_bytes();
      add(name, a, {bytes.begin(), bytes.end()});
    } else {
      const auto bytes = parsed.to_v6().to_bytes();
      add(name, aaaa, {bytes.begin(), bytes.end()});
    }
  }
  void clear(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    records_.erase({name, txt});
  }
  /// Once both kinds of its addresses have been asked for, a name leads to another address only.
  void rebind(const std::string& name, const std::string& address) {
    const std::scoped_lock lock(mutex_);
    const auto bytes = boost::asio::ip::make_address(address).to_v4().to_bytes();
    rebound_[name] = {bytes.begin(), bytes.end()};
  }
  /// How it treats questions about one name.
  void set_mood(const std::string& name, mood how) {
    const std::scoped_lock lock(mutex_);
    moods_[name] = how;
  }
  [[nodiscard]] std::size_t questions() const { return questions_; }

private:
  static constexpr std::uint16_t a = 1;
  static constexpr std::uint16_t txt = 16;
  static constexpr std::uint16_t aaaa = 28;

  void add(const std::string& name, std::uint16_t type, std::string data) {
    const std::scoped_lock lock(mutex_);
    records_[{name, type}].push_back(std::move(data));
  }

  static std::string number(std::size_t value) {
    return {char(value >> 8U & 0xffU), char(value & 0xffU)};
  }

  void serve() {
    std::string buffer(4096, '\0');
    for (;;) {
      boost::asio::ip::udp::endpoint from;
      boost::system::error_code ec;
      const auto size = socket_.receive_from(boost::asio::buffer(buffer), from, 0, ec);
      if (stopping_)
        return;
      if (ec || size < 17)
        continue;
      ++questions_;
      const auto reply = answer(buffer.substr(0, size));
      if (!reply.empty())
        socket_.send_to(boost::asio::buffer(reply), from, 0, ec);
    }
  }

  // RFC 1035, 4.1.
  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<unsigned char>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1U;
    }
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 1]) << 8U |
                                                 static_cast<unsigned char>(query[at + 2]));
    const auto question = query.substr(12, at + 5 - 12);
    const std::scoped_lock lock(mutex_);
    const auto mood = moods_.find(name);
    if (mood != moods_.end() && mood->second == mood::silent)
      return {};
    const bool fails = mood != moods_.end() && mood->second == mood::fail;
    bool exists = false;
    for (const auto& [key, data] : records_)
      exists = exists || key.first == name;
    const auto found = records_.find({name, type});
    const std::size_t count = fails || found == records_.end() ? 0 : found->second.size();
    const unsigned rcode = fails ? 2 : exists ? 0 : 3;
    std::string reply = query.substr(0, 2) + char(0x81) + char(0x80U | rcode) + number(1) +
                        number(count) + number(0) + number(0) + question;
    for (std::size_t i = 0; i < count; ++i)
      reply += number(0xc00c) + number(type) + number(1) + number(0) + number(0) +
               number(found->second[i].size()) + found->second[i];
    if (const auto next = rebound_.find(name); next != rebound_.end() && type != txt) {
      asked_.insert({name, type});
      if (asked_.contains({name, a}) && asked_.contains({name, aaaa})) {
        records_.erase({name, aaaa});
        records_[{name, a}] = {next->second};
      }
    }
    return reply;
  }

  boost::asio::io_context context_;
  boost::asio::ip::udp::socket socket_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint16_t>, std::vector<std::string>> records_;
  std::map<std::string, mood> moods_;
  std::map<std::string, std::string> rebound_; // name, its later address
  std::set<std::pair<std::string, std::uint16_t>> asked_;
  std::atomic<std::size_t> questions_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace prism::test
