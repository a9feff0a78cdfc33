package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AbandonedException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.receiver.ingest.ExportError;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The call {@code otlp_stop}: closes the server, then waits until the writer has committed what it
 * had accepted and has removed it. Where that takes longer than the caller waits, the spool is kept
 * and {@link StopNotices} goes on; so it does where the disk doesn't take what has to be written.
 *
 * <p>If the process dies here, a declared server is noted as stopped before anything else, and its
 * stop is finished at the next start; one that a call made serves again until its file says
 * stopping. Thread-safe; calls block.
 */
final class Stopping {

  private static final Logger LOG = LoggerFactory.getLogger(Stopping.class);

  /** How much longer than the writer itself its caller waits. */
  private static final Duration CALL_MARGIN = Duration.ofSeconds(5);

  private static final String NOT_IN_TIME =
      "not committed in time; the spool is kept, and goes on draining";

  private static final Answer ABANDONED =
      new Answer(false, "nobody waits; the spool is kept, and goes on draining");

  private final Environment environment;
  private final Roster roster;

  /** Stopped servers that calls wait for: a second call waits for the same one. */
  private final Map<ListenUri, ServerRunner> drains = new ConcurrentHashMap<>();

  Stopping(Environment environment, Roster roster) {
    this.environment = environment;
    this.roster = roster;
  }

  /**
   * Stops a server for good.
   *
   * @param timeout bounds the wait for the commit, and for requests that were admitted
   * @param isAbandoned asked while it waits for the commit; true: nobody waits for the answer
   * @throws ExportError 409 when nobody knows what is in its folder; 503 when its last requests
   *     could not be made durable: then the process ends, and serves it again
   */
  AdminApi.Stopped stop(ListenUri uri, Duration timeout, BooleanSupplier isAbandoned)
      throws ExportError, InterruptedException {
    Deadline deadline = new Deadline(environment.ticker(), timeout);
    @Nullable ServerRunner drain;
    ReentrantLock lock = roster.lock(uri);
    lock.lockInterruptibly();
    try {
      Optional<ServerRunner> runner = roster.find(uri);
      if (runner.isPresent()) {
        close(runner.get(), deadline.left());
        drains.put(uri, runner.get());
      }
      drain = drains.get(uri);
      if (drain == null) {
        roster.unreadable().refuse(uri);
      }
    } finally {
      lock.unlock();
    }
    if (drain == null) {
      return new AdminApi.Stopped("No server found listening on " + uri, null, null);
    }
    CrashPoint.STOP_PORT_FREED.reached();
    try {
      return await(drain, deadline, isAbandoned);
    } finally {
      drains.remove(uri, drain);
    }
  }

  private void close(ServerRunner runner, Duration timeout) throws ExportError {
    boolean isDeclared = roster.isDeclared(runner.uri());
    if (isDeclared) {
      note(runner.uri());
    }
    try {
      Optional<SpoolIndex> end = runner.end(timeout);
      roster.notices().add(runner.folder(), runner.file(), end, isDeclared);
    } catch (SpoolException e) {
      LOG.error("{} can't be stopped", runner.uri(), e);
      throw ExportError.unavailable(runner.uri() + " can't be stopped: " + e.getMessage());
    }
    runner.close();
    roster.remove(runner);
    LOG.info("{} stopped; what it accepted is still being committed", runner.uri());
  }

  /** The notice tries it again where this fails. */
  private void note(ListenUri uri) {
    try {
      roster.stopped().add(uri);
      CrashPoint.STOP_NOTED.reached();
    } catch (IOException e) {
      LOG.warn("{} can't be noted as stopped, trying again", uri, e);
    }
  }

  private AdminApi.Stopped await(
      ServerRunner runner, Deadline deadline, BooleanSupplier isAbandoned)
      throws InterruptedException {
    Answer answer = Answer.NONE;
    String status = "Stopped listening on " + runner.uri();
    while (!isRemoved(runner)) {
      if (!answer.isSealed()) {
        answer = seal(runner, deadline, isAbandoned);
      }
      if (isAbandoned.getAsBoolean()) {
        answer = ABANDONED;
      }
      boolean isServedAgain = roster.find(runner.uri()).isPresent();
      if (answer.error() != null || isServedAgain || !deadline.pause()) {
        String error = isServedAgain ? "it is served again" : error(runner, answer);
        return new AdminApi.Stopped(status, pendingRows(runner), error);
      }
    }
    return new AdminApi.Stopped(status, null, null);
  }

  private String error(ServerRunner runner, Answer answer) {
    Optional<String> problem = roster.notices().problem(runner.file().spoolId());
    return problem
        .map(cause -> "that it is stopped can't be written down, it is tried again: " + cause)
        .or(() -> Optional.ofNullable(answer.error()))
        .orElse(NOT_IN_TIME);
  }

  /** What the writer says: all is committed, it can't be, or nothing yet. */
  private record Answer(boolean isSealed, @Nullable String error) {
    static final Answer NONE = new Answer(false, null);
    static final Answer SEALED = new Answer(true, null);
  }

  /** Has the writer commit what there is. */
  private Answer seal(ServerRunner runner, Deadline deadline, BooleanSupplier isAbandoned)
      throws InterruptedException {
    Duration left = deadline.left();
    if (runner.spool().isEmpty() || left.isZero()) {
      return Answer.NONE;
    }
    String end = runner.spool().get().durable().next().toString();
    try {
      AdminApi.Sealed sealed =
          environment
              .writer()
              .seal(
                  new AdminApi.Seal(
                      runner.file().spoolId(), end, "stop", Math.max(1, left.toMillis())),
                  left.plus(CALL_MARGIN),
                  isAbandoned);
      return switch (sealed.status()) {
        case "sealed" -> Answer.SEALED;
        case "error" -> new Answer(false, sealed.error());
        // A pipeline that ends, or one that the writer has yet to start.
        default -> Answer.NONE;
      };
    } catch (ConnectException e) {
      return new Answer(
          false,
          "the writer doesn't answer on "
              + environment.config().writer().control()
              + "; the spool is kept, and goes on draining with it");
    } catch (AbandonedException e) {
      return ABANDONED;
    } catch (AdminException e) {
      return new Answer(false, "the writer: " + e.getMessage());
    } catch (IOException e) {
      // It may end, or start again: its port tells the next time.
      LOG.info("{}: the writer was asked to commit, and gave no answer", runner.uri(), e);
      return Answer.NONE;
    }
  }

  /** Whether the writer has committed everything and taken the server away, its ledger too. */
  private boolean isRemoved(ServerRunner runner) {
    ServerFolder gone = environment.data().gone(runner.file().spoolId());
    try {
      boolean isNamed =
          roster
              .read(runner.uri())
              .filter(file -> file.spoolId().equals(runner.file().spoolId()))
              .isPresent();
      return !isNamed && !Files.exists(gone.path());
    } catch (IOException e) {
      LOG.debug("the server file of {} is being changed", runner.uri(), e);
      return false;
    }
  }

  private long pendingRows(ServerRunner runner) {
    try {
      return Backlog.of(runner.spool(), runner.folder()).rows();
    } catch (IOException e) {
      LOG.warn("the backlog of {} can't be read", runner.uri(), e);
      return 0;
    }
  }
}
