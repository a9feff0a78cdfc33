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
import io.duckspool.receiver.http.BoundPort;
import io.duckspool.receiver.ingest.ExportError;
import io.duckspool.spool.SpoolException;
import java.io.IOException;
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
      Optional<ServerFile> taken =
          new KeptSpool(environment, roster, uri, kept.get()).takeUp(config);
      if (taken.isPresent()) {
        return goOn(uri, taken.get(), config);
      }
      awaitRemoval(uri);
    }
    return make(uri, config);
  }

  /** Serves a spool that was kept, under other limits and another token. */
  private ServerRunner goOn(ListenUri uri, ServerFile taken, ServerConfig config)
      throws ExportError, IOException, InterruptedException {
    CrashPoint.SERVE_TAKEN_UP.reached();
    ServerFolder folder = environment.data().server(uri);
    ServerFile file = taken.with(config);
    ServerRunner runner = new ServerRunner(environment, folder, file);
    boolean isPrepared = false;
    try {
      file.write(folder);
      prepare(runner);
      isPrepared = true;
      return runner;
    } finally {
      if (!isPrepared) {
        runner.giveBack(roster.notices());
      }
    }
  }

  private ServerRunner make(ListenUri uri, ServerConfig config)
      throws ExportError, IOException, InterruptedException {
    ServerFolder folder = environment.data().server(uri);
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
    } catch (ServerRunner.WriterAway e) {
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

  private static void prepare(ServerRunner runner)
      throws ExportError, IOException, InterruptedException {
    try {
      runner.prepare();
    } catch (AdminException e) {
      throw WriterErrors.of(e);
    } catch (SpoolException e) {
      throw spoolFailure(runner.uri(), e);
    }
  }

  private static ExportError spoolFailure(ListenUri uri, SpoolException e) {
    LOG.error("the spool of {} can't be opened", uri, e);
    return ExportError.unavailable("the spool can't be opened: " + e.getMessage());
  }

  /** Leaves nothing behind: where the writer has to help, waits a while for it. */
  private void takeBack(ServerRunner runner, boolean isTargetMade)
      throws IOException, InterruptedException {
    runner.abandon(isTargetMade);
    if (isTargetMade && !isRemoved(runner.uri())) {
      LOG.warn("{} was not served; the writer has yet to remove its ledger", runner.uri());
    }
  }

  private void listen(ServerRunner runner, BoundPort port)
      throws ExportError, IOException, InterruptedException {
    CrashPoint.SERVE_REMEMBERED.reached();
    boolean isListening = false;
    try {
      roster.stopped().remove(runner.uri());
      runner.listen(port);
      isListening = true;
    } finally {
      if (!isListening) {
        close(port);
        // Only a spool that was taken up can hold something.
        if (runner.spool().isPresent() && runner.spool().get().head().entries() > 0) {
          runner.giveBack(roster.notices());
        } else {
          takeBack(runner, true);
        }
      }
    }
    if (!roster.add(runner)) {
      // Nobody learns its token: it must not serve after the next start.
      runner.giveBack(roster.notices());
      throw ExportError.unavailable("the receiver is stopping");
    }
    runner.start();
  }

  private void awaitRemoval(ListenUri uri) throws ExportError, IOException, InterruptedException {
    if (!isRemoved(uri)) {
      throw ExportError.unavailable(
          "the server that was stopped on " + uri + " is still being removed by the writer");
    }
  }

  /** Waits until the writer has taken the folder of a URI away. */
  private boolean isRemoved(ListenUri uri) throws IOException, InterruptedException {
    Deadline deadline = new Deadline(environment.ticker(), REMOVAL_TIMEOUT);
    while (roster.read(uri).isPresent()) {
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
