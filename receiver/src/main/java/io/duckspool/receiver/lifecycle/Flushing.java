package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AbandonedException;
import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.ingest.ExportError;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The call {@code otlp_flush}: has the writer commit what was accepted before the call, which is
 * what is durable, and waits for it.
 *
 * <p>If the process dies here, nothing is different: what was accepted is committed sooner or
 * later. Thread-safe; calls block.
 */
final class Flushing {

  /** How much longer than the writer itself its caller waits. */
  private static final Duration CALL_MARGIN = Duration.ofSeconds(5);

  private final Environment environment;
  private final Roster roster;

  Flushing(Environment environment, Roster roster) {
    this.environment = environment;
    this.roster = roster;
  }

  /**
   * Commits what was accepted before the call.
   *
   * @param timeoutMillis above 0; null: as long as it takes
   * @param isAbandoned asked all the while; true: nobody waits for the answer
   * @throws ExportError 409 when nobody knows what is in its folder; 503 when the writer doesn't
   *     answer
   */
  AdminApi.Flushed flush(ListenUri uri, @Nullable Long timeoutMillis, BooleanSupplier isAbandoned)
      throws ExportError, InterruptedException {
    Optional<ServerRunner> found =
        roster.find(uri).filter(runner -> runner.file().state() != ServerState.PREPARING);
    if (found.isEmpty()) {
      roster.unreadable().refuse(uri);
      return new AdminApi.Flushed("No server found listening on " + uri, 0, 0, null);
    }
    ServerRunner runner = found.get();
    Backlog backlog;
    try {
      backlog = Backlog.of(runner.spool(), runner.folder());
    } catch (IOException e) {
      throw ExportError.unavailable("the spool's marks can't be read: " + e.getMessage());
    }
    CrashPoint.FLUSH_CAPTURED.reached();
    AdminApi.Sealed sealed = seal(runner, backlog, timeoutMillis, isAbandoned);
    CrashPoint.FLUSH_SEALED.reached();
    return switch (sealed.status()) {
      case "sealed" ->
          new AdminApi.Flushed("sealed", sealed.sealedRows(), sealed.sealsTotal(), null);
      // A stop was faster: all was committed, or the server would not be gone.
      case "unknown" ->
          isGone(runner)
              ? new AdminApi.Flushed("sealed", backlog.rows(), sealed.sealsTotal(), null)
              : failed(sealed);
      default -> failed(sealed);
    };
  }

  private static AdminApi.Flushed failed(AdminApi.Sealed sealed) {
    return new AdminApi.Flushed("error", sealed.sealedRows(), sealed.sealsTotal(), sealed.error());
  }

  private AdminApi.Sealed seal(
      ServerRunner runner,
      Backlog backlog,
      @Nullable Long timeoutMillis,
      BooleanSupplier isAbandoned)
      throws ExportError, InterruptedException {
    try {
      return environment
          .writer()
          .seal(
              new AdminApi.Seal(
                  runner.file().spoolId(),
                  backlog.durable().next().toString(),
                  "flush",
                  timeoutMillis),
              timeoutMillis == null
                  ? Deadline.LONGEST
                  : Deadline.bounded(Duration.ofMillis(timeoutMillis)).plus(CALL_MARGIN),
              isAbandoned);
    } catch (AbandonedException e) {
      throw ExportError.unavailable("the flush was broken off: its client is gone");
    } catch (AdminException e) {
      throw WriterErrors.of(e);
    } catch (IOException e) {
      throw WriterErrors.away(environment.config().writer().control(), e);
    }
  }

  private boolean isGone(ServerRunner runner) {
    try {
      return roster
          .read(runner.uri())
          .filter(file -> file.spoolId().equals(runner.file().spoolId()))
          .isEmpty();
    } catch (IOException e) {
      return false;
    }
  }
}
