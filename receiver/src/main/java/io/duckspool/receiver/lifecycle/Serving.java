package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.Secret;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.common.server.SymbolicLinks;
import io.duckspool.receiver.http.BoundPort;
import io.duckspool.receiver.ingest.ExportError;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The call {@code otlp_serve}, in its order:
 *
 * <pre>
 * no such server -> port held -> folder (preparing) -> spool -> target -> serving -> socket -> reply
 *                             -> or a kept spool of this URI is taken up
 * </pre>
 *
 * <p>The port is held from the beginning, so that nothing can fail for it after the target was
 * made; who connects before the last step waits. Where a step fails, all before it are taken back.
 *
 * <p>If the process dies here, a server that is still preparing is removed at the next start, and
 * one that is remembered serves. Thread-safe; calls block for disk and writer.
 */
final class Serving {

  private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

  private static final Duration REMOVAL_TIMEOUT = Duration.ofSeconds(10);

  /** How long a server that can't be served waits for requests that it admitted (a guess). */
  private static final Duration IN_FLIGHT_TIMEOUT = Duration.ofSeconds(2);

  private final Environment environment;
  private final Roster roster;

  Serving(Environment environment, Roster roster) {
    this.environment = environment;
    this.roster = roster;
  }

  /**
   * Serves a new server, or a kept spool again.
   *
   * @param given checked parameters
   * @throws ExportError 400, 409 or 503; nothing is left behind
   */
  AdminApi.Served serve(ServerConfig given) throws ExportError, InterruptedException {
    ServerConfig config = Declaration.concluded(given);
    ListenUri uri = ListenUri.parse(config.uri());
    ReentrantLock lock = roster.lock(uri);
    lock.lockInterruptibly();
    try {
      if (roster.find(uri).isPresent()) {
        throw ExportError.of(ExportError.Kind.CONFLICT, "OTLP server already exists");
      }
      roster.unreadable().refuse(uri);
      ServerRunner runner = open(uri, config);
      CrashPoint.SERVE_LISTENING.reached();
      return reply(uri, runner.file().config());
    } finally {
      lock.unlock();
    }
  }

  private ServerRunner open(ListenUri uri, ServerConfig config)
      throws ExportError, InterruptedException {
    BoundPort port = hold(uri);
    boolean isTaken = false;
    try {
      ServerRunner runner = prepare(uri, config);
      isTaken = true;
      listen(runner, port);
      return runner;
    } catch (IOException e) {
      LOG.error("{} can't be served", uri, e);
      throw ExportError.unavailable(uri + " can't be served: " + e.getMessage());
    } finally {
      if (!isTaken) {
        close(port);
      }
    }
  }

  private static BoundPort hold(ListenUri uri) throws ExportError {
    try {
      return BoundPort.bind(uri.host(), uri.port());
    } catch (IOException e) {
      throw ExportError.of(ExportError.Kind.CONFLICT, String.valueOf(e.getMessage()));
    }
  }

  private static void close(BoundPort port) {
    try {
      port.close();
    } catch (IOException e) {
      LOG.warn("a port could not be freed", e);
    }
  }

  /** A server in state serving, with its spool open, which is not yet known to anybody. */
  private ServerRunner prepare(ListenUri uri, ServerConfig config)
      throws ExportError, IOException, InterruptedException {
    Optional<ServerFile> kept = roster.read(uri);
    if (kept.isPresent()) {
      KeptSpool spool = new KeptSpool(environment, roster, uri, kept.get());
      Optional<ServerFile> taken = spool.takeUp(config);
      if (taken.isPresent()) {
        return goOn(uri, taken.get(), config);
      }
      if (!isTrueInTime(() -> isNameFree(uri))) {
        throw spool.notRemoved(config);
      }
    }
    return make(uri, config);
  }

  /** Serves a spool that was kept, under other limits and another token. */
  private ServerRunner goOn(ListenUri uri, ServerFile taken, ServerConfig config)
      throws ExportError, IOException, InterruptedException {
    CrashPoint.SERVE_TAKEN_UP.reached();
    ServerFolder folder = environment.data().server(uri);
    ServerRunner runner = ServerRunner.changed(environment, folder, taken.with(config));
    boolean isPrepared = false;
    try {
      runner.prepare();
      if (!Declaration.isSameTables(taken.config(), config)) {
        runner.askForTarget();
      }
      isPrepared = true;
      return runner;
    } catch (WriterAwayException e) {
      throw ExportError.unavailable(String.valueOf(e.getMessage()));
    } catch (AdminException e) {
      throw WriterErrors.of(e);
    } catch (SpoolException e) {
      throw spoolFailure(uri, e);
    } finally {
      if (!isPrepared) {
        giveBack(runner, taken);
      }
    }
  }

  /** Stops a server again that could not be served, with its parameters of before. */
  private void giveBack(ServerRunner runner, ServerFile before) {
    Optional<SpoolIndex> end = end(runner);
    runner.close();
    roster.notices().add(runner.folder(), before, end, roster.isDeclared(runner.uri()));
  }

  private static Optional<SpoolIndex> end(ServerRunner runner) {
    try {
      return runner.end(IN_FLIGHT_TIMEOUT);
    } catch (SpoolException e) {
      LOG.warn("where the spool of {} ends has to be found out anew", runner.uri(), e);
      return Optional.empty();
    }
  }

  private ServerRunner make(ListenUri uri, ServerConfig config)
      throws ExportError, IOException, InterruptedException {
    ServerFolder folder = environment.data().server(uri);
    SymbolicLinks.refuse(folder.path());
    ServerFile file = NewServer.file(environment, config, false);
    ServerRunner runner = new ServerRunner(environment, folder, file);
    // Without an answer of the writer nobody knows whether it has made the ledger.
    boolean isTargetMade = true;
    boolean isPrepared = false;
    try {
      AtomicFile.createFolder(folder.path());
      file.write(folder);
      CrashPoint.SERVE_FOLDER_MADE.reached();
      runner.prepare();
      isPrepared = true;
      return runner;
    } catch (WriterAwayException e) {
      isTargetMade = false;
      throw ExportError.unavailable(String.valueOf(e.getMessage()));
    } catch (AdminException e) {
      isTargetMade = !WriterErrors.isRefusal(e);
      throw WriterErrors.of(e);
    } catch (SpoolException e) {
      isTargetMade = false;
      throw spoolFailure(uri, e);
    } finally {
      if (!isPrepared) {
        takeBack(runner, isTargetMade && runner.file().firstIndex() > 0);
      }
    }
  }

  private static ExportError spoolFailure(ListenUri uri, SpoolException e) {
    LOG.error("the spool of {} can't be opened", uri, e);
    return ExportError.unavailable("the spool can't be opened: " + e.getMessage());
  }

  /** Leaves nothing behind: where the writer has to help, waits a while for it. */
  private void takeBack(ServerRunner runner, boolean isTargetMade)
      throws IOException, InterruptedException {
    boolean isTakenBack = false;
    try {
      runner.abandon(isTargetMade);
      isTakenBack = true;
    } finally {
      if (!isTakenBack) {
        ServerFile neverServed = runner.file().with(ServerState.PREPARING);
        roster.notices().add(runner.folder(), neverServed, Optional.empty(), false);
      }
    }
    Path gone = environment.data().gone(runner.file().spoolId()).path();
    if (isTargetMade && !isTrueInTime(() -> isNameFree(runner.uri()) && !Files.exists(gone))) {
      LOG.warn("{} was not served; the writer has yet to remove its ledger", runner.uri());
    }
  }

  private void listen(ServerRunner runner, BoundPort port)
      throws ExportError, IOException, InterruptedException {
    CrashPoint.SERVE_REMEMBERED.reached();
    boolean isListening = false;
    try {
      runner.listen(port);
      // Last, so that nothing has to be noted anew where it fails.
      roster.stopped().remove(runner.uri());
      isListening = true;
    } finally {
      if (!isListening) {
        close(port);
        Optional<SpoolIndex> unused = end(runner);
        // Only a spool that was taken up, or one that was open for a moment, can hold something.
        if (runner.spool().isPresent() && runner.spool().get().head().entries() > 0) {
          giveBack(runner, runner.file());
        } else {
          takeBack(runner, true);
        }
      }
    }
    if (!roster.add(runner)) {
      // Nobody learns its token: it must not serve after the next start.
      giveBack(runner, runner.file());
      throw ExportError.unavailable("the receiver is stopping");
    }
    runner.start();
  }

  /** Whether the writer has taken the folder of a URI away, at least by name. */
  private boolean isNameFree(ListenUri uri) throws IOException {
    return roster.read(uri).isEmpty();
  }

  /** What the writer brings about. */
  @FunctionalInterface
  private interface Condition {
    boolean isTrue() throws IOException;
  }

  private boolean isTrueInTime(Condition condition) throws IOException, InterruptedException {
    Deadline deadline = new Deadline(environment.ticker(), REMOVAL_TIMEOUT);
    while (!condition.isTrue()) {
      if (!deadline.pause()) {
        return false;
      }
    }
    return true;
  }

  private static AdminApi.Served reply(ListenUri uri, ServerConfig config) {
    return new AdminApi.Served(
        uri.toString(),
        uri.listenUrl(),
        config.token().map(Secret::reveal).orElse(""),
        config.schema(),
        OtlpTable.LOGS.tableName(),
        OtlpTable.TRACES.tableName(),
        OtlpTable.METRICS_GAUGE.tableName(),
        OtlpTable.METRICS_SUM.tableName(),
        OtlpTable.METRICS_HISTOGRAM.tableName(),
        OtlpTable.METRICS_EXP_HISTOGRAM.tableName(),
        OtlpTable.METRICS_SUMMARY.tableName(),
        config.catalog().orElse(""));
  }
}
