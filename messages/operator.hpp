#pragma once

#include "messages/caf.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// What crosses the wire between prismctl and a node (docs/INSPECTION.md). These types never
/// change: what is asked and answered is JSON text, and `version` says which.
namespace prism {

/// Versions of the JSON that a node of this build understands; it answers with the one it is asked
/// in.
inline constexpr std::uint16_t oldest_operator_version = 1;
inline constexpr std::uint16_t operator_version = 1;

/// Most bytes of a request's arguments, and of a reply's body.
inline constexpr std::size_t max_operator_arguments = std::size_t{64} * 1024;
inline constexpr std::size_t max_operator_body = std::size_t{1024} * 1024;

/// prismctl → inspector. Answered with `operator_reply`.
struct operator_request {
  std::uint16_t version{operator_version};
  std::string token;     ///< from the hello of the tunnel; proves who asks
  std::string command;   ///< the name of a view or an action
  std::string arguments; ///< a JSON object, or nothing

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, operator_request& x) {
    return f(caf::meta::type_name("prism.operator_request"), x.version, x.token, x.command,
             x.arguments);
  }
};

/// How a request ended.
enum class operator_result : std::uint8_t {
  done = 0,
  failed = 1,      ///< the body says why
  bad_request = 2, ///< unknown command, or wrong arguments
  refused = 3,     ///< unknown token, or not its right
  busy = 4,        ///< too many requests wait; ask again
  version = 5,     ///< another version is spoken here; the body names it
};

/// inspector → prismctl.
struct operator_reply {
  std::uint16_t version{operator_version};
  std::uint8_t result{0}; ///< an `operator_result`
  std::string body;       ///< done: a JSON object; else a sentence

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, operator_reply& x) {
    return f(caf::meta::type_name("prism.operator_reply"), x.version, x.result, x.body);
  }
};

/// What prismctl finds behind the tunnel.
using inspector_actor = caf::typed_actor<answers<operator_request, operator_reply>>;

/// Both sides must call it before the actor system is made.
inline void add_operator_messages(caf::actor_system_config& config) {
  config.add_message_type<operator_request>("prism.operator_request");
  config.add_message_type<operator_reply>("prism.operator_reply");
}

} // namespace prism
