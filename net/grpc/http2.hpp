#pragma once

#include <memory>
#include <nghttp2/nghttp2.h>
#include <string_view>

namespace prism::net {

/// What libnghttp2 gives, with its end. Internal to net/: includes libnghttp2.
struct http2_releaser {
  void operator()(nghttp2_session* it) const noexcept { nghttp2_session_del(it); }
  void operator()(nghttp2_session_callbacks* it) const noexcept {
    nghttp2_session_callbacks_del(it);
  }
  void operator()(nghttp2_option* it) const noexcept { nghttp2_option_del(it); }
};

using http2_session = std::unique_ptr<nghttp2_session, http2_releaser>;
using http2_callbacks = std::unique_ptr<nghttp2_session_callbacks, http2_releaser>;
using http2_option = std::unique_ptr<nghttp2_option, http2_releaser>;

/// A header field that is copied when it is submitted.
[[nodiscard]] inline nghttp2_nv http2_field(std::string_view name, std::string_view value,
                                            std::uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  // libnghttp2 takes pointers to what it does not change.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), flags};
}

/// A header field of two literals, which need no copy.
[[nodiscard]] inline nghttp2_nv http2_literal(std::string_view name, std::string_view value) {
  return http2_field(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

} // namespace prism::net
