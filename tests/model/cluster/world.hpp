#pragma once

#include "tests/model/cluster/database.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Processes, one database, and what is under way between them.
namespace prism::model {

/// A transaction on the cluster's tables, seen from the process that waits for it.
struct operation {
  enum class kind : std::uint8_t { join, round, place };
  enum class stage : std::uint8_t { sent, done, broken };
  kind what{kind::round};
  stage at{stage::sent};
  cluster::node_id node;
  std::string name;                                    // join
  cluster::round_request request{};                    // round
  std::shared_ptr<const cluster::placement_plan> plan; // place
  std::int64_t epoch{0};                               // place
  instant planned_at{};                                // place
  std::shared_ptr<const cluster::table> answer;        // done, and not refused
};

/// A batch of a shard. Once it has looked at its token it has the cursor's lock, until COMMIT.
struct batch {
  cluster::node_id node;
  std::size_t shard{0};
  std::int64_t token{0};
  bool checked{false};
};

/// A process. It is another node after it has read that it is dead.
struct process {
  std::string name;
  cluster::node_id id;
  cluster::node_machine machine;
  milliseconds local{};    // its clock
  std::int32_t rate{1000}; // per mille of true time
  bool joined{false};
  bool paused{false};
  bool cut{false}; // no link to the others
  bool stopping{false};
  std::optional<operation> control{};
  std::optional<batch> writing{};
  std::array<std::int64_t, shard_count> tokens{}; // of the shards that it believes to write

  [[nodiscard]] time_point clock() const { return time_point{local}; }
};

struct world {
  mutant wrong;
  instant now{1'000'000};
  database db;
  bool away{false}; // the database, for all
  instant went_away{};
  instant came_back{};
  std::vector<process> processes;
  // Of processes that are gone or have given up: they may be executed yet, or never.
  std::vector<operation> late_operations;
  std::vector<batch> late_batches;
  std::vector<std::string> names;
  std::int32_t faults_left{0};
  // Who wrote a shard last, and with which token.
  std::array<std::int64_t, shard_count> last_token{};
  std::array<cluster::node_id, shard_count> last_writer;
  std::uint64_t accepted{0};
  std::string violation;

  void start(const std::string& name);
  void pass(milliseconds time);

  void begin(process& who);
  void execute(operation& what);
  void answer(process& who);
  void fail(process& who);
  void check_batch(batch& what);
  void commit(const batch& what);
  void release(const batch& what);
  [[nodiscard]] bool may_check(const batch& what) const;
  [[nodiscard]] bool waits(const operation& what) const;
  [[nodiscard]] bool leads(const process& who) const;

  /// All that run and can do what is due, in turn, at each tick.
  void serve(int ticks);
  void check();
  /// Forgets what has no meaning any more.
  void tidy();
  void wrong_if(bool condition, const char* what) {
    if (condition && violation.empty())
      violation = what;
  }

private:
  [[nodiscard]] cluster::node_id new_id() const;
  void read_table(process& who, const cluster::table& read, bool may_plan);
  void begin_again(process& who);
  void end_sessions(const std::vector<cluster::node_id>& nodes);
  void serve(std::size_t index);
  void write_all(process& who);
  void check_deaths(const operation& what);
};

/// Where a search begins.
enum class scene : std::uint8_t {
  start,   ///< processes start
  settled, ///< all have shards
  planned, ///< process 1 was stopped until it expired, and the leader has just sent that it is dead
  replaced ///< another process has joined under the name of process 1, which does not know it yet
};
[[nodiscard]] world make_world(std::size_t nodes, scene from, const mutant& wrong,
                               std::int32_t faults);

/// Equal for worlds from which the same can follow.
[[nodiscard]] std::uint64_t fingerprint(const world& of);

} // namespace prism::model
