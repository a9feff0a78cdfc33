package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.AdminApi;
import io.duckspool.common.admin.AdminException;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.ingest.ExportError;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * What stands in the folder of a URI that nobody serves: a server that was stopped and whose spool
 * was kept, one on its way out, or one that was never served. Used by one thread, which holds the
 * URI's lock.
 */
final class KeptSpool {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final String TAKEN = "taken";

  private final Environment environment;
  private final Roster roster;
  private final ListenUri uri;
  private final ServerFolder folder;
  private final ServerFile file;

  KeptSpool(Environment environment, Roster roster, ListenUri uri, ServerFile file) {
    this.environment = environment;
    this.roster = roster;
    this.uri = uri;
    this.folder = environment.data().server(uri);
    this.file = file;
  }

  /**
   * Takes the spool up for the same target.
   *
   * @return the server as the writer hands it back, in state serving; empty when it is, or is about
   *     to be, removed
   * @throws ExportError 409 for another target while something isn't committed; what the writer
   *     says, or that it is away
   */
  Optional<ServerFile> takeUp(ServerConfig wanted)
      throws ExportError, IOException, InterruptedException {
    boolean isSameTarget = Declaration.isSameTarget(file.config(), wanted);
    return switch (file.state()) {
      case PREPARING -> {
        roster.notices().withdraw(file.spoolId());
        NeverServed.remove(folder, file);
        yield Optional.empty();
      }
      // A call that took it up got no answer, and ended; its notice is about to stop it again.
      // Or its stop could not be written down yet.
      case SERVING -> {
        if (!isSameTarget) {
          throw otherTarget(wanted, Backlog.of(folder).rows());
        }
        roster.notices().withdraw(file.spoolId());
        if (!roster.read(uri).equals(Optional.of(file))) {
          roster.notices().add(folder, file);
          throw ExportError.unavailable(uri + " is being stopped, try again");
        }
        yield Optional.of(file);
      }
      case STOPPING -> {
        Backlog backlog = Backlog.of(folder);
        if (!isSameTarget && backlog.entries() > 0) {
          throw otherTarget(wanted, backlog.rows());
        }
        // Where all is committed, the writer removes it by itself.
        yield isSameTarget ? ask(wanted) : Optional.empty();
      }
      case DRAINED -> Optional.empty();
    };
  }

  /**
   * Why a spool stays that holds nothing: its target has to answer before the writer removes it.
   */
  ExportError notRemoved(ServerConfig wanted) throws IOException {
    boolean isStopping =
        file.state() == ServerState.STOPPING && roster.read(uri).equals(Optional.of(file));
    if (isStopping && !Declaration.isSameTarget(file.config(), wanted)) {
      return otherTarget(wanted, Backlog.of(folder).rows());
    }
    return ExportError.unavailable(
        "the server that was stopped on " + uri + " is still being removed by the writer");
  }

  private ExportError otherTarget(ServerConfig wanted, long pendingRows) {
    return ExportError.of(
        ExportError.Kind.CONFLICT,
        uri
            + " has a kept spool with "
            + pendingRows
            + " rows for "
            + Declaration.target(file.config())
            + ", not "
            + Declaration.target(wanted)
            + ": serve it with that target, or give the rows another one with `duckspool spool replay "
            + uri
            + "`, or drop them with `duckspool spool discard --yes "
            + uri
            + "`");
  }

  /** The server as it was handed back; a replay may have changed its target meanwhile. */
  private ServerFile taken(ServerConfig wanted) throws ExportError, IOException {
    ServerFile taken = ServerFile.read(folder);
    if (Declaration.isSameTarget(taken.config(), wanted)) {
      return taken;
    }
    roster.notices().add(folder, taken, Optional.empty(), false);
    throw ExportError.of(
        ExportError.Kind.CONFLICT,
        uri
            + " is being replayed to "
            + Declaration.target(taken.config())
            + ", not "
            + Declaration.target(wanted)
            + ": serve it again once that is done");
  }

  private Optional<ServerFile> ask(ServerConfig wanted)
      throws ExportError, IOException, InterruptedException {
    roster.notices().withdraw(file.spoolId());
    boolean isDone = false;
    try {
      Optional<ServerFile> taken = isHandedBack() ? Optional.of(taken(wanted)) : Optional.empty();
      isDone = true;
      return taken;
    } finally {
      if (!isDone) {
        // Also stops it again where the writer hands it back after this call gave up.
        roster.notices().add(folder, file);
      }
    }
  }

  /** Asks the writer; false when it has removed the server. */
  private boolean isHandedBack() throws ExportError, InterruptedException {
    try {
      return environment
          .writer()
          .takeUp(new AdminApi.TakeUp(folder.name(), file.spoolId()), TIMEOUT)
          .status()
          .equals(TAKEN);
    } catch (AdminException e) {
      throw WriterErrors.of(e);
    } catch (IOException e) {
      throw WriterErrors.away(environment.config().writer().control(), e);
    }
  }
}
