#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace prism::atproto {

/// Takes typed fields out of a map and remembers the first that is missing or wrong, so that a
/// decoder reads as the list of its fields and checks once, in `finish`. Getters return an empty
/// value after a failure.
class payload_reader {
public:
  /// @param map where the fields are; another kind of node is the first failure
  /// @param what the message's name, for errors; must outlive the reader
  /// @param base offset of the document in the whole input, for errors
  payload_reader(cbor_node map, std::string_view what, std::size_t base);

  /// A reader for a map inside of this one, such as item `index` of the array `field`. Its failures
  /// have to be passed on with `adopt`.
  [[nodiscard]] payload_reader inner(cbor_node map, std::string_view field,
                                     std::size_t index) const;
  void adopt(payload_reader& inner);

  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

  // Required fields.
  [[nodiscard]] std::int64_t positive(std::string_view key);
  [[nodiscard]] bool boolean(std::string_view key);
  [[nodiscard]] std::string_view text(std::string_view key);
  [[nodiscard]] cid link(std::string_view key);
  [[nodiscard]] std::span<const std::byte> bytes(std::string_view key, std::size_t max_size);
  [[nodiscard]] std::optional<cbor_node> array(std::string_view key, std::size_t max_items);

  /// Of text that need not be UTF-8.
  [[nodiscard]] std::string_view unchecked_text(std::string_view key);

  // Required fields that may be null. A link of another format than `cid` reads as null.
  [[nodiscard]] std::optional<std::string_view> nullable_text(std::string_view key);
  [[nodiscard]] std::optional<cid> nullable_link(std::string_view key);

  // Fields that may be absent, but not null.
  [[nodiscard]] std::optional<std::string_view> optional_text(std::string_view key);
  [[nodiscard]] std::optional<cid> optional_link(std::string_view key);

  // Fields that may be absent or null.
  [[nodiscard]] std::optional<std::string_view> maybe_text(std::string_view key);
  [[nodiscard]] std::optional<cid> maybe_link(std::string_view key);

  /// Fails with a reason of the decoder's own about the value of `key`.
  void refuse(std::string_view key, std::string_view reason);

  /// The result, unless something has failed.
  template <class T>
  [[nodiscard]] expected<T> finish(T value) {
    if (failure_)
      return tl::unexpected(std::move(*failure_));
    return value;
  }

private:
  payload_reader(cbor_node map, std::string path, std::string_view what, std::size_t base);

  [[nodiscard]] std::optional<cbor_node> present(std::string_view key);
  [[nodiscard]] std::optional<cbor_node> required(std::string_view key, cbor_kind kind);
  [[nodiscard]] std::optional<std::string_view> text_of(std::string_view key, cbor_node value);
  [[nodiscard]] std::optional<cid> link_of(std::string_view key, cbor_node value);
  bool has_kind(std::string_view key, cbor_node value, cbor_kind kind);
  void fail_at(errc code, std::string_view key, std::size_t offset, std::string_view reason);

  cbor_node map_;
  std::string path_; // of this map in the payload, empty or with a dot at its end
  std::string_view what_;
  std::size_t base_;
  std::optional<error> failure_;
};

} // namespace prism::atproto
