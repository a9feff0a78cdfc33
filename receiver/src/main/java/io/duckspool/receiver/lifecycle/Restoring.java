package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.http.HttpListener;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes, at the start of the process, of the servers that are remembered and of those that
 * the configuration declares. Used by the thread of the composition root, and later, for one server
 * at a time, by that of {@link UnreadableServers}.
 */
final class Restoring {

  private static final Logger LOG = LoggerFactory.getLogger(Restoring.class);

  private final Environment environment;
  private final Roster roster;
  private final Map<ListenUri, ServerConfig> declared;
  private volatile boolean isBegun;

  /**
   * Looks at what is declared.
   *
   * @throws IllegalArgumentException something is declared that can't be
   */
  Restoring(Environment environment, Roster roster) {
    this.environment = environment;
    this.roster = roster;
    this.declared = declared(environment);
  }

  private static Map<ListenUri, ServerConfig> declared(Environment environment) {
    Map<ListenUri, ServerConfig> declared = new HashMap<>();
    for (ServerConfig server : environment.config().servers()) {
      ListenUri uri = ListenUri.parse(server.uri());
      if (!server.allowOtherHostname() && !uri.isLocal()) {
        throw new IllegalArgumentException(
            uri + ": another host than loopback needs allow_other_hostname: true");
      }
      if (declared.put(uri, server) != null) {
        throw new IllegalArgumentException(uri + " is declared twice");
      }
    }
    return declared;
  }

  /**
   * Brings all servers up; one that can't be understood is kept down, and doesn't keep down others.
   *
   * @throws IOException when the data folder can't be read or written, or the port of a new server
   *     is taken: then nothing of that server is left behind
   */
  void restore() throws IOException {
    boolean unused = roster.stopped().contains(new ListenUri("localhost", 1)); // Can it be read?
    Set<ServerFolder> present = new HashSet<>();
    for (ServerFolder folder : environment.data().listServers()) {
      present.add(folder);
      roster.unreadable().attempt(folder, this::restore);
    }
    for (Map.Entry<ListenUri, ServerConfig> one : declared.entrySet()) {
      if (present.contains(environment.data().server(one.getKey()))) {
        continue;
      }
      if (roster.stopped().contains(one.getKey())) {
        LOG.info("{} is declared, and stays stopped until it is served again", one.getKey());
      } else {
        create(one.getKey(), one.getValue());
      }
    }
    isBegun = true;
    roster.all().forEach(ServerRunner::start);
  }

  /** Brings up what is in a folder; begins with it at once where the others have begun. */
  private void restore(ServerFolder folder) throws IOException {
    ServerFile file = ServerFile.read(folder);
    if (!environment.data().server(file.listenUri()).equals(folder)) {
      throw new IOException(
          folder.serverFile()
              + " is the file of "
              + file.listenUri()
              + ", which has another folder");
    }
    ReentrantLock lock = roster.lock(file.listenUri());
    lock.lock();
    try {
      restore(folder, file);
    } finally {
      lock.unlock();
    }
  }

  private void restore(ServerFolder folder, ServerFile file) throws IOException {
    switch (file.state()) {
      case STOPPING -> {
        LOG.info("{} was stopped; the writer commits what it had accepted", file.listenUri());
        roster.notices().add(folder, file);
      }
      case DRAINED -> LOG.info("{} was stopped; the writer removes it", file.listenUri());
      case PREPARING, SERVING -> resume(folder, file);
    }
  }

  private void resume(ServerFolder folder, ServerFile file) throws IOException {
    Optional<ServerConfig> declaration = Optional.ofNullable(declared.get(file.listenUri()));
    if (roster.stopped().contains(file.listenUri())) {
      // The process died in the middle of a stop.
      roster.notices().add(folder, file, Optional.empty(), false);
      return;
    }
    if (file.state() == ServerState.PREPARING && declaration.isEmpty()) {
      LOG.info("{} was never served, and nobody waits for it: it is removed", file.listenUri());
      roster.notices().add(folder, file, Optional.empty(), false);
      return;
    }
    ServerFile current = file;
    if (declaration.isPresent()) {
      try {
        current = file.with(Declaration.merged(file.config(), declaration.get()));
      } catch (IllegalArgumentException e) {
        LOG.error("{}", e.getMessage());
        String reason = String.valueOf(e.getMessage());
        add(ServerRunner.refused(environment, folder, file, reason));
        return;
      }
    }
    add(
        current.equals(file)
            ? new ServerRunner(environment, folder, file)
            : ServerRunner.changed(environment, folder, current));
  }

  private void create(ListenUri uri, ServerConfig declaration) throws IOException {
    HttpListener.checkFree(uri);
    ServerFile file = NewServer.file(environment, Declaration.concluded(declaration), true);
    add(ServerRunner.changed(environment, environment.data().server(uri), file));
  }

  private void add(ServerRunner runner) {
    if (roster.add(runner) && isBegun) {
      runner.start();
    }
  }
}
