#pragma once

#include "actors/inspector/answer.hpp"
#include "db/pg/connection.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace prism {

class snapshots;

/// Who sent a request, by the certificate of the tunnel.
struct operator_identity {
  std::string name;
  std::string address;
  bool may_act{false};
};

/// What a command works with.
struct command_call {
  node_context& node;
  snapshots& last;                   ///< the actors' own
  db::connection* database{nullptr}; ///< only of commands that name it in `place`
  const operator_identity& who;
  const boost::json::object& arguments;
};

/// On which thread a command runs, which is the slowest thing that it may wait for.
enum class command_place {
  at_once,  ///< reads shared state: answers whatever is stuck
  asking,   ///< asks actors, which have `snapshots::patience`
  database, ///< asks the database
};

/// One view or action.
struct command {
  std::string_view name;
  command_place place;
  bool acts{false}; ///< changes something: needs the right to, and is written down
  std::function<expected<view_data>(command_call&)> run;
};

/// All of them.
[[nodiscard]] std::span<const command> all_commands();

/// Null: there is none of that name.
[[nodiscard]] const command* find_command(std::string_view name);

} // namespace prism
