#include "core/shard_machine.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;
using action = shard_decision::action;
using phase = shard_machine::phase;

namespace {

/// A machine with a clock of its own, brought to the states in which the cases begin.
struct fixture {
  shard_machine machine{8, 10s, {.min = 100ms, .max = 5s, .factor = 2, .jitter = 0}};
  time_point now{};

  /// Frames of one operation each.
  [[nodiscard]] batch_load of(std::size_t frames) const {
    return {.frames = frames, .ops = frames, .full = frames >= machine.max_ops()};
  }
  void load() {
    REQUIRE(machine.on_start(now).next == action::load_cursor);
    REQUIRE(machine.on_cursor().announce);
  }
  /// A batch of `frames` is in the database.
  void write(std::size_t frames) {
    REQUIRE(machine.on_work(true, now).next == action::build);
    hand_over(frames);
  }
  /// From "build" to "write".
  void hand_over(std::size_t frames) {
    REQUIRE(machine.on_built(of(frames)).next == action::resolve_ids);
    REQUIRE(machine.on_ids().next == action::write);
  }
  [[nodiscard]] shard_decision fail(batch_failure why, bool has_unconfirmed = false) {
    return machine.on_failed(why, has_unconfirmed, now, 0);
  }
  [[nodiscard]] shard_decision commit(bool has_work = false, steady_clock::duration took = 1ms) {
    return machine.on_committed(took, !has_work, has_work, now);
  }
  [[nodiscard]] shard_decision timer(bool has_work = true) {
    return machine.on_timer(!has_work, has_work, now);
  }
  /// A frame has been rejected and is being quarantined.
  void quarantine() {
    write(1);
    REQUIRE(fail(batch_failure::poison).next == action::quarantine);
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a shard announces itself once its cursor is known") {
  CHECK(machine.on_start(now).next == action::load_cursor);
  CHECK(machine.on_work(true, now).next == action::none); // not before
  const auto done = machine.on_cursor();
  CHECK(done.announce);
  CHECK(done.next == action::none);
  CHECK(done.clear_problem);
  CHECK(machine.current() == phase::idle);
}

TEST_CASE_METHOD(fixture, "a cursor that cannot be read is asked for again, with growing delays") {
  static_cast<void>(machine.on_start(now));
  const auto first = machine.on_cursor_failed(now, 0);
  CHECK(first.next == action::wait);
  CHECK(first.delay == 100ms);
  CHECK(timer().next == action::load_cursor);
  CHECK(machine.on_cursor_failed(now, 0).delay == 200ms);
}

TEST_CASE_METHOD(fixture,
                 "work is written by way of building and ids, and the next batch follows") {
  load();
  write(3);
  CHECK(machine.in_flight().frames == 3);
  CHECK(machine.on_work(true, now).next == action::none); // one batch at a time
  const auto done = commit(true);
  CHECK(done.next == action::build);
  CHECK(done.clear_problem);
  hand_over(1);
  CHECK(commit(false).next == action::none);
  CHECK(machine.current() == phase::idle);
  CHECK(machine.in_flight().frames == 0);
}

TEST_CASE_METHOD(fixture, "frames sent again to an idle shard are acknowledged at once") {
  load();
  SECTION("alone") {
    const auto again = machine.on_frames(true, false, now);
    CHECK(again.acknowledge);
    CHECK(again.next == action::none);
  }
  SECTION("before new ones") {
    const auto both = machine.on_frames(true, true, now);
    CHECK(both.acknowledge);
    CHECK(both.next == action::build);
  }
  SECTION("but new ones are not, nor while a batch is written, whose commit does it") {
    const auto fresh = machine.on_frames(false, true, now);
    CHECK_FALSE(fresh.acknowledge);
    REQUIRE(fresh.next == action::build);
    hand_over(1);
    CHECK_FALSE(machine.on_frames(true, true, now).acknowledge);
  }
}

TEST_CASE_METHOD(fixture, "nothing to write starts no batch") {
  load();
  CHECK(machine.on_work(false, now).next == action::none);
  CHECK(machine.current() == phase::idle);
}

TEST_CASE_METHOD(fixture, "a transient failure retries the same batch after a delay") {
  load();
  write(4);
  const auto failed = fail(batch_failure::transient);
  CHECK(failed.next == action::wait);
  CHECK_FALSE(failed.requeue);
  CHECK(machine.in_flight().frames == 4);
  CHECK(machine.on_work(true, now).next == action::none); // waits
  CHECK(timer().next == action::resolve_ids);
  CHECK(machine.on_ids().next == action::write);
  CHECK(fail(batch_failure::transient).delay == 200ms);
  CHECK(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  REQUIRE(commit().next == action::none);
  write(1);
  CHECK(fail(batch_failure::transient).delay == 100ms); // a commit resets the delays
}

TEST_CASE_METHOD(fixture, "a batch that is too large is halved after a delay, and grows again") {
  load();
  write(8);
  const auto failed = fail(batch_failure::too_large);
  CHECK(failed.next == action::wait);
  CHECK(failed.requeue);
  CHECK(machine.max_ops() == 4);
  CHECK(machine.in_flight().frames == 0);
  CHECK(timer().next == action::build);
  hand_over(4);
  CHECK(commit().next == action::none);
  CHECK(machine.max_ops() == 8);
}

TEST_CASE_METHOD(fixture, "frames of many operations are halved by operations, not by frames") {
  load();
  REQUIRE(machine.on_work(true, now).next == action::build);
  REQUIRE(machine.on_built({.frames = 2, .ops = 6, .full = true}).next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  CHECK(fail(batch_failure::too_large).requeue);
  CHECK(machine.max_ops() == 3);
  CHECK(timer().next == action::build);
  // It holds less than it may, since the next frame has three operations as well.
  REQUIRE(machine.on_built({.frames = 1, .ops = 2, .full = true}).next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  CHECK(commit().next == action::none);
  CHECK(machine.max_ops() == 6);
}

TEST_CASE_METHOD(fixture, "a single frame that finds no lock, memory or disk is retried as it is") {
  load();
  write(1);
  for (int i = 0; i < 10; ++i) {
    const auto failed = fail(batch_failure::too_large);
    CHECK(failed.next == action::wait);
    CHECK_FALSE(failed.requeue);
    CHECK_FALSE(machine.quarantine_whole_frame());
    CHECK(machine.time_factor() == 1);
    REQUIRE(timer().next == action::resolve_ids);
    REQUIRE(machine.on_ids().next == action::write);
  }
}

TEST_CASE_METHOD(fixture, "several frames that run out of time are halved, and get no more of it") {
  load();
  write(4);
  const auto failed = fail(batch_failure::out_of_time);
  CHECK(failed.next == action::wait);
  CHECK(failed.requeue);
  CHECK(machine.max_ops() == 2);
  CHECK(machine.time_factor() == 1);
}

TEST_CASE_METHOD(fixture, "a single frame that runs out of time gets more, then is divided") {
  load();
  write(1);
  for (const unsigned factor : {2, 4, 8, 16}) {
    const auto failed = fail(batch_failure::out_of_time);
    CHECK(failed.next == action::wait);
    CHECK_FALSE(failed.requeue);
    CHECK(machine.time_factor() == factor);
    REQUIRE(timer().next == action::resolve_ids);
    REQUIRE(machine.on_ids().next == action::write);
  }
  CHECK_FALSE(machine.one_by_one());
  const auto last = fail(batch_failure::out_of_time);
  CHECK(last.next == action::quarantine);
  CHECK(machine.one_by_one());
  CHECK_FALSE(machine.quarantine_whole_frame());
  SECTION("a failure that waiting mends is waited for") {
    for (const auto why : {batch_failure::too_large, batch_failure::transient}) {
      CHECK(fail(why).next == action::wait);
      CHECK(timer().next == action::quarantine);
      CHECK(machine.one_by_one());
      CHECK_FALSE(machine.quarantine_whole_frame());
    }
  }
  SECTION("as a whole, if even that does not end") {
    CHECK(fail(batch_failure::out_of_time).next == action::wait);
    CHECK(machine.quarantine_whole_frame());
    CHECK(timer().next == action::quarantine);
  }
  REQUIRE(commit().next == action::none);
  CHECK_FALSE(machine.one_by_one());
  CHECK(machine.time_factor() == 1);
}

TEST_CASE_METHOD(fixture, "a slow database gives each frame the time that the last one took") {
  load();
  write(1);
  REQUIRE(fail(batch_failure::out_of_time).next == action::wait);
  REQUIRE(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  REQUIRE(commit(false, 11s).next == action::none);
  CHECK(machine.time_factor() == 2);
  write(1);
  REQUIRE(commit(false, 10s).next == action::none);
  CHECK(machine.time_factor() == 1);
}

TEST_CASE_METHOD(fixture, "a frame without operations, such as a deletion, cannot be divided") {
  load();
  REQUIRE(machine.on_work(true, now).next == action::build);
  REQUIRE(machine.on_built({.frames = 1, .ops = 1, .divisible = false}).next ==
          action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  for (int i = 0; i < 10; ++i) {
    CHECK(fail(batch_failure::out_of_time).next == action::wait);
    REQUIRE(timer().next == action::resolve_ids);
    REQUIRE(machine.on_ids().next == action::write);
  }
  CHECK(machine.time_factor() == shard_machine::max_time_factor);
}

TEST_CASE_METHOD(fixture, "the cursor alone gets no more time") {
  load();
  write(0);
  CHECK(fail(batch_failure::out_of_time).next == action::wait);
  CHECK(machine.time_factor() == 1);
}

TEST_CASE_METHOD(fixture, "rejected content is bisected down to one frame without a delay") {
  load();
  write(8);
  for (const std::size_t left : {4, 2, 1}) {
    const auto failed = fail(batch_failure::poison);
    CHECK(failed.next == action::build);
    CHECK(failed.requeue);
    CHECK(machine.max_ops() == left);
    hand_over(left);
  }
  CHECK(fail(batch_failure::poison).next == action::quarantine);
  CHECK_FALSE(machine.quarantine_whole_frame());
  CHECK(commit().next == action::none);
}

TEST_CASE_METHOD(fixture, "a quarantined frame that takes too long is divided, then goes whole") {
  load();
  quarantine();
  const auto failed = fail(GENERATE(batch_failure::out_of_time, batch_failure::too_large));
  CHECK(failed.next == action::wait);
  CHECK_FALSE(failed.requeue);
  CHECK(machine.one_by_one());
  CHECK_FALSE(machine.quarantine_whole_frame());
  CHECK(timer().next == action::quarantine);
  CHECK(fail(batch_failure::out_of_time).next == action::wait);
  CHECK(machine.quarantine_whole_frame());
  CHECK(timer().next == action::quarantine);
  REQUIRE(commit().next == action::none);
  quarantine(); // the next one is tried by operations again
  CHECK_FALSE(machine.quarantine_whole_frame());
}

TEST_CASE_METHOD(fixture, "quarantining is retried after a transient failure") {
  load();
  quarantine();
  CHECK(fail(batch_failure::transient).next == action::wait);
  CHECK_FALSE(machine.quarantine_whole_frame());
  CHECK(timer().next == action::quarantine);
  CHECK(machine.current() == phase::writing);
}

TEST_CASE_METHOD(fixture, "rejected content while quarantining is not bisected again") {
  load();
  quarantine();
  const auto failed = fail(batch_failure::poison);
  CHECK(failed.next == action::wait);
  CHECK_FALSE(failed.requeue);
}

TEST_CASE_METHOD(fixture, "a rejected DID puts its only frame aside as a whole") {
  load();
  REQUIRE(machine.on_work(true, now).next == action::build);
  REQUIRE(machine.on_built(of(2)).next == action::resolve_ids);
  const auto first = machine.on_ids_rejected(now, 0);
  CHECK(first.next == action::build);
  CHECK(first.requeue);
  REQUIRE(machine.on_built(of(1)).next == action::resolve_ids);
  CHECK(machine.on_ids_rejected(now, 0).next == action::quarantine);
  CHECK(machine.quarantine_whole_frame());
}

TEST_CASE_METHOD(fixture, "a rejection without frames waits: the cursor alone has no content") {
  load();
  write(0);
  CHECK(fail(batch_failure::poison).next == action::wait);
}

TEST_CASE_METHOD(fixture, "a fatal error is bisected, then blocks the shard until a commit") {
  load();
  write(2);
  const auto first = fail(batch_failure::fatal);
  CHECK(first.next == action::build);
  CHECK(first.requeue);
  CHECK_FALSE(first.blocked);
  hand_over(1);
  const auto second = fail(batch_failure::fatal);
  CHECK(second.blocked);
  CHECK(second.next == action::wait);
  CHECK(machine.blocked());
  now += 1h;
  CHECK(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  const auto third = fail(batch_failure::transient);
  CHECK(machine.blocked());
  CHECK_FALSE(third.stalled); // the reason that was reported stays
  CHECK(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  CHECK(commit().clear_problem);
  CHECK_FALSE(machine.blocked());
}

TEST_CASE_METHOD(fixture, "a fatal error while quarantining blocks the shard") {
  load();
  quarantine();
  const auto failed = fail(batch_failure::fatal);
  CHECK(failed.blocked);
  CHECK_FALSE(failed.requeue);
  CHECK(timer().next == action::quarantine);
}

TEST_CASE_METHOD(fixture, "users that cannot be created block only if an operator has to act") {
  load();
  REQUIRE(machine.on_work(true, now).next == action::build);
  REQUIRE(machine.on_built(of(2)).next == action::resolve_ids);
  const auto away = machine.on_ids_failed(false, now, 0);
  CHECK(away.next == action::wait);
  CHECK_FALSE(away.blocked);
  CHECK(timer().next == action::resolve_ids);
  CHECK(machine.on_ids_failed(true, now, 0).blocked);
  CHECK(machine.blocked());
}

TEST_CASE_METHOD(fixture,
                 "a shard without progress for 30 seconds is reported, from its start on") {
  load();
  write(1);
  now += 29s;
  CHECK_FALSE(fail(batch_failure::transient).stalled);
  now += 1s;
  REQUIRE(timer().next == action::resolve_ids);
  const auto late = machine.on_ids_failed(false, now, 0);
  REQUIRE(late.stalled);
  CHECK(*late.stalled == 30s);
  REQUIRE(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  REQUIRE(commit().clear_problem);
  now += 1min;
  write(1);
  CHECK_FALSE(fail(batch_failure::transient).stalled); // counted anew
}

TEST_CASE_METHOD(fixture, "a shard that cannot load its cursor for 30 seconds is reported") {
  static_cast<void>(machine.on_start(now));
  now += 30s;
  CHECK(machine.on_cursor_failed(now, 0).stalled);
}

TEST_CASE_METHOD(fixture,
                 "a lost answer to COMMIT keeps the batch, and its report if there is one") {
  load();
  write(4);
  const auto without = fail(batch_failure::commit_unknown, false);
  CHECK(without.next == action::wait);
  CHECK_FALSE(without.requeue);
  CHECK(without.pending_report_lost);
  REQUIRE(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  const auto with = fail(batch_failure::commit_unknown, true);
  CHECK_FALSE(with.pending_report_lost);
  CHECK(machine.in_flight().frames == 4);
}

TEST_CASE_METHOD(fixture, "an unconfirmed report is lost when its batch is divided") {
  load();
  write(4);
  REQUIRE_FALSE(fail(batch_failure::commit_unknown, true).pending_report_lost);
  REQUIRE(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  SECTION("for its size") {
    CHECK(fail(batch_failure::too_large, true).pending_report_lost);
    REQUIRE(timer().next == action::build);
  }
  SECTION("for its content") {
    CHECK(fail(batch_failure::poison, true).pending_report_lost);
  }
  hand_over(2);
  CHECK_FALSE(fail(batch_failure::too_large, false).pending_report_lost); // once
}

TEST_CASE_METHOD(fixture, "an unconfirmed report ends with the commit") {
  load();
  write(4);
  REQUIRE_FALSE(fail(batch_failure::commit_unknown, true).pending_report_lost);
  REQUIRE(timer().next == action::resolve_ids);
  REQUIRE(machine.on_ids().next == action::write);
  REQUIRE(commit().next == action::none);
  write(4);
  CHECK_FALSE(fail(batch_failure::too_large, false).pending_report_lost);
}

TEST_CASE_METHOD(fixture, "a fenced shard does nothing more") {
  load();
  write(1);
  CHECK(fail(batch_failure::fenced).next == action::none);
  CHECK(machine.on_work(true, now).next == action::none);
  CHECK(machine.on_stop().next == action::stop);
}

TEST_CASE_METHOD(fixture,
                 "before a shard announces itself to a restarted firehose, it reads its cursor") {
  load();
  SECTION("at once, if it is idle") {
    const auto asked = machine.on_stream_restarted(now);
    CHECK(asked.next == action::load_cursor);
    CHECK_FALSE(asked.announce);
    CHECK(machine.on_work(true, now).next == action::none); // not before
    SECTION("and again, if it cannot be read") {
      REQUIRE(machine.on_cursor_failed(now, 0).next == action::wait);
      CHECK(timer(false).next == action::load_cursor);
    }
    SECTION("asked again meanwhile, once") {
      CHECK(machine.on_stream_restarted(now).next == action::none);
    }
    CHECK(machine.on_cursor().announce);
    write(1);
    CHECK(commit().next == action::none);
  }
  SECTION("when its batch is committed") {
    write(1);
    CHECK(machine.on_stream_restarted(now).next == action::none);
    SECTION("and no frame waits") {
      CHECK(commit(false).next == action::load_cursor);
      CHECK(machine.on_cursor().announce);
      CHECK(machine.on_work(false, now).next == action::none);
    }
    SECTION("but not while requeued frames wait") {
      CHECK(commit(true).next == action::build);
      hand_over(1);
      CHECK(commit(false).next == action::load_cursor);
    }
    SECTION("and not if the node stops") {
      CHECK(machine.on_stop().next == action::none);
      CHECK(commit(false).next == action::stop);
    }
  }
  SECTION("after it has backed off without a batch") {
    write(2);
    REQUIRE(fail(batch_failure::too_large).requeue);
    CHECK(machine.on_stream_restarted(now).next == action::none);
    SECTION("its queue was dropped") {
      CHECK(timer(false).next == action::load_cursor);
    }
    SECTION("frames wait") {
      CHECK(timer(true).next == action::build);
    }
  }
}

TEST_CASE_METHOD(fixture, "a stop waits for the batch in the database only") {
  SECTION("while the cursor loads") {
    static_cast<void>(machine.on_start(now));
    CHECK(machine.on_stop().next == action::stop);
  }
  SECTION("idle") {
    load();
    CHECK(machine.on_stop().next == action::stop);
  }
  SECTION("backing off") {
    load();
    write(1);
    REQUIRE(fail(batch_failure::transient).next == action::wait);
    CHECK(machine.on_stop().next == action::stop);
  }
  SECTION("resolving ids") {
    load();
    REQUIRE(machine.on_work(true, now).next == action::build);
    REQUIRE(machine.on_built(of(1)).next == action::resolve_ids);
    CHECK(machine.on_stop().next == action::none);
    CHECK(machine.on_ids().next == action::write);
    CHECK(commit(true).next == action::stop);
  }
  SECTION("writing, and the batch is bisected") {
    load();
    write(2);
    CHECK(machine.on_stop().next == action::none);
    CHECK(fail(batch_failure::poison).next == action::stop);
  }
  SECTION("writing, and the batch fails") {
    load();
    write(1);
    CHECK(machine.on_stop().next == action::none);
    CHECK(fail(batch_failure::transient).next == action::stop);
  }
}

TEST_CASE_METHOD(fixture, "a timer that comes late is ignored") {
  load();
  CHECK(timer().next == action::none);
  write(1);
  CHECK(timer().next == action::none);
  CHECK(machine.current() == phase::writing);
}
