#include "bench/rpc/recorded_calls.hpp"

#include "atproto/text/base64.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>

namespace prism::bench {

expected<recording> read_recording(std::istream& in, const std::set<std::string>& only) {
  recording out;
  std::map<std::string, std::size_t, std::less<>> index;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    boost::system::error_code bad;
    const auto value = boost::json::parse(line, bad);
    const auto* object = bad ? nullptr : value.if_object();
    const auto* method = object != nullptr ? object->if_contains("method") : nullptr;
    const auto* request = object != nullptr ? object->if_contains("request") : nullptr;
    if (method == nullptr || request == nullptr || !method->is_string() || !request->is_string())
      return fail(errc::invalid, "line {} is no recorded call", number);
    const std::string name{method->get_string()};
    if (!only.empty() && !only.contains(name))
      continue;
    const auto bytes = atproto::base64_decode(std::string_view{request->get_string()});
    if (!bytes)
      return fail(errc::invalid, "line {}: {}", number, bytes.error().message);
    const auto [place, is_new] = index.emplace(name, out.methods.size());
    if (is_new)
      out.methods.push_back(name);
    out.calls.push_back(
        {place->second, std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size())});
  }
  return out;
}

} // namespace prism::bench
