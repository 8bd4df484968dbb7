#pragma once

#include "actors/inspector/command.hpp"
#include "messages/operator.hpp"
#include "messages/types.hpp"

#include <memory>

namespace prism {

/// inspector → the actors of the lanes: run this admitted command. Answered with `operator_reply`.
struct admitted_request {
  std::shared_ptr<const operator_request> request;
  const command* what{nullptr};
  operator_identity who;
};

/// Runs commands that wait for something, one at a time.
using waiting_actor = caf::typed_actor<answers<admitted_request, operator_reply>, takes<tick>>;

} // namespace prism

PRISM_LOCAL_MESSAGE(prism::admitted_request)
