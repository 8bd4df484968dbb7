#pragma once

#include "core/error.hpp"
#include "net/http/http_router.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace prism::net {

/// The DID documents, handles and hosting states of a corpus; replaces the PLC directory and the
/// PDS in tests. Loaded from BASE.dids.json, BASE.handles.json and BASE.hosting.json. Immutable;
/// callable from any thread.
class replay_directory {
public:
  /// @returns null if BASE has none of the files. Errors: `errc::io`, `errc::invalid`, naming the
  /// file.
  [[nodiscard]] static expected<std::shared_ptr<const replay_directory>>
  load(const std::string& base);

  /// Answers GET /DID, /.well-known/atproto-did (by host), com.atproto.identity.resolveHandle and
  /// com.atproto.sync.getLatestCommit; every PDS endpoint is this server. Empty: another path.
  /// @param host value of the Host header.
  [[nodiscard]] std::optional<http_response> answer(std::string_view host,
                                                    std::string_view target) const;

private:
  /// The recorded PDS's response to getLatestCommit.
  struct hosting {
    unsigned status{0};
    std::string body;
  };
  std::unordered_map<std::string, std::string> documents_; // JSON by DID
  std::unordered_map<std::string, std::string> handles_;   // DID by handle
  std::unordered_map<std::string, hosting> hosting_;       // by DID
};

} // namespace prism::net
