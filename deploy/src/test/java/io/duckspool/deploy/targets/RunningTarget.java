package io.duckspool.deploy.targets;

import io.duckspool.deploy.harness.Rig;
import io.duckspool.deploy.harness.TargetView;
import java.sql.Connection;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** A target that rows can be stored in, with its servers, which end when this is closed. */
final class RunningTarget implements AutoCloseable {
  private final Optional<TargetView> view;
  private final Deque<AutoCloseable> servers = new ArrayDeque<>();
  private Check check = stored -> {};
  private ReadBack readBack = ReadBack.NONE;

  /** Looks at what only this kind of target has. */
  @FunctionalInterface
  interface Check {
    void look(Connection stored) throws Exception;
  }

  private RunningTarget(Optional<TargetView> view) {
    this.view = view;
  }

  /** The writer's own. */
  static RunningTarget defaultDatabase() {
    return new RunningTarget(Optional.empty());
  }

  static RunningTarget of(TargetView view) {
    return new RunningTarget(Optional.of(view));
  }

  RunningTarget checkedBy(Check other) {
    check = other;
    return this;
  }

  /** Another engine than DuckDB can read it. */
  RunningTarget readBackBy(ReadBack other) {
    readBack = other;
    return this;
  }

  /** Servers to end, in this order. */
  RunningTarget with(AutoCloseable... running) {
    for (AutoCloseable server : running) {
      servers.add(server);
    }
    return this;
  }

  /** Has the server of a rig store here. */
  void configure(Rig rig) {
    view.ifPresent(rig::target);
  }

  /**
   * Fails unless all is there as it should be beside the rows.
   *
   * @param stored the target as another process sees it
   */
  void check(Connection stored) throws Exception {
    check.look(stored);
  }

  /** The engine that can read it beside DuckDB. */
  ReadBack readBack() {
    return readBack;
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable server : servers) {
      server.close();
    }
  }
}
