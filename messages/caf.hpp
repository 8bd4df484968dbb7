// A guard of macros: this file is in the precompiled header, whose copy of it ccache may have made
// from another checkout, and #pragma once then takes it for another file.
#ifndef PRISM_MESSAGES_CAF_HPP
#define PRISM_MESSAGES_CAF_HPP

/// CAF's headers, and what differs between CAF 0.17 and its successors, behind names of our own.
/// For a change of version look here first, then at
///   actors/runtime/state_actor.hpp  class-based actors, content of messages, exception handler
///   config/source_file.cpp          the parser of configuration files
///   cmake/FindCAF.cmake             how the library is found
/// Everything else uses spawn, send, request and typed_actor only, as all versions have them.

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <caf/all.hpp>
#pragma GCC diagnostic pop

#include <chrono>

/// Declares a message type that is sent inside the process only.
#define PRISM_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

namespace prism {

/// In the interface of an actor: it takes `Message` and does not answer.
template <class Message>
using takes = caf::reacts_to<Message>;

/// In the interface of an actor: it answers `Request` with `Response`.
template <class Request, class Response>
using answers = typename caf::replies_to<Request>::template with<Response>;

/// The settings of every actor system of ours; none is an option of prismd, and CAF reads no file
/// or environment of its own. Workers share one queue and sleep until it has work: CAF's default,
/// stealing from each other, polls. CAF logs nothing by itself; prismd's own log says what matters.
inline void set_up_caf(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("logger.verbosity", caf::atom("quiet"));
}

/// Kills `actor` at `when`, in the name of `source`, unless it has ended by then.
inline void kill_at(caf::actor_system& system, std::chrono::steady_clock::time_point when,
                    const caf::strong_actor_ptr& actor, const caf::actor_addr& source) {
  system.clock().schedule_message(
      when, actor,
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                caf::exit_msg{source, caf::exit_reason::kill}));
}

} // namespace prism

#endif
