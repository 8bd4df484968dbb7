#pragma once

#include "tests/model/cluster/world.hpp"

#include <string>
#include <vector>

/// What can happen next.
namespace prism::model {

enum class happens : std::uint8_t {
  serve,        ///< time passes, and everything that can be done is done; `arg` ticks
  pass,         ///< time passes, and nothing is done; `arg` ticks
  begin,        ///< a process sends its round, or joins
  execute,      ///< the database carries out what was sent, and commits
  answer,       ///< the answer arrives
  lose,         ///< the answer is lost, or the connection before it was carried out
  abandon,      ///< the process gives up, but what it sent may still be carried out
  crash,        ///< kill -9, and its sessions end
  vanish,       ///< its host is gone: what it sent may still be carried out, its locks remain
  start,        ///< a process of that name starts
  pause,        ///< SIGSTOP
  resume,       ///< SIGCONT
  cut,          ///< from the other nodes
  uncut,        ///<
  clock,        ///< runs at rate `arg`
  drain,        ///< SIGTERM
  drain_order,  ///< by an operator
  move_order,   ///< by an operator: shard `arg` goes to this process
  batch_begin,  ///< for shard `arg`
  batch_check,  ///< it looks at its token
  batch_commit, ///< and its COMMIT is carried out
  batch_abort,  ///<
  late_execute, ///< what a process does not wait for any more is carried out
  late_drop,    ///< or never
  late_commit,  ///< a batch of a process that is gone
  away,         ///< the database, for all
  back          ///<
};

struct step {
  happens what{happens::serve};
  std::uint8_t who{0}; ///< index of a process, a name, or something late
  std::int16_t arg{0};

  friend bool operator==(const step&, const step&) = default;
};

[[nodiscard]] std::vector<step> possible_steps(const world& in);
void take(world& in, step what);
[[nodiscard]] std::string describe(step what);

} // namespace prism::model
