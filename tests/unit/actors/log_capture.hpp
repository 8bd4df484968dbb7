#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace prism::test {

/// The lines logged while this lives, each with its level in front: "error pool: …".
class log_capture {
public:
  log_capture();
  ~log_capture();
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  /// Lines that contain `part`.
  [[nodiscard]] std::size_t count(std::string_view part) const;
  [[nodiscard]] std::string all() const;

private:
  struct shared;
  std::shared_ptr<shared> lines_;
};

} // namespace prism::test
