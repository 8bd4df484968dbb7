#include "net/certificate_reload.hpp"

#include <utility>

namespace prism::net {

certificate_reload::certificate_reload(log::logger& to, std::string_view who,
                                       std::vector<std::string> files,
                                       std::function<expected<void>()> load)
    : log_(to), who_(who), watch_(std::move(files)), load_(std::move(load)) {}

void certificate_reload::look() {
  if (!watch_.changed())
    return;
  if (const auto loaded = load_(); !loaded) {
    ++failed_;
    log_.error(
        "{}: the changed certificate files cannot be used, the previous ones stay in use: {}", who_,
        loaded.error().message);
    return;
  }
  ++done_;
  log_.info("{}: the changed certificate files are in use", who_);
}

} // namespace prism::net
