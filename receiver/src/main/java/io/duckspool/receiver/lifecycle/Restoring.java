package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.http.HttpListener;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes, at the start of the process, of the servers that are remembered and of those that
 * the configuration declares. Used once, by the thread of the composition root.
 */
final class Restoring {

  private static final Logger LOG = LoggerFactory.getLogger(Restoring.class);

  private final Environment environment;
  private final Roster roster;

  Restoring(Environment environment, Roster roster) {
    this.environment = environment;
    this.roster = roster;
  }

  /**
   * Fills the roster.
   *
   * @throws IOException when the data folder can't be read or written, or the port of a new server
   *     is taken: then nothing of that server is left behind
   */
  void restore() throws IOException {
    Map<ListenUri, ServerConfig> declared = declared();
    for (ServerFolder folder : environment.data().listServers()) {
      ServerFile file = ServerFile.read(folder);
      Optional<ServerConfig> declaration = Optional.ofNullable(declared.remove(file.listenUri()));
      restore(folder, file, declaration);
    }
    for (Map.Entry<ListenUri, ServerConfig> one : declared.entrySet()) {
      if (roster.stopped().contains(one.getKey())) {
        LOG.info("{} is declared, and stays stopped until it is served again", one.getKey());
      } else {
        create(one.getKey(), one.getValue());
      }
    }
  }

  private Map<ListenUri, ServerConfig> declared() {
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

  private void restore(ServerFolder folder, ServerFile file, Optional<ServerConfig> declaration)
      throws IOException {
    switch (file.state()) {
      case STOPPING -> {
        LOG.info("{} was stopped; the writer commits what it had accepted", file.listenUri());
        roster.notices().add(folder, file);
      }
      case DRAINED -> LOG.info("{} was stopped; the writer removes it", file.listenUri());
      case PREPARING, SERVING -> resume(folder, file, declaration);
    }
  }

  private void resume(ServerFolder folder, ServerFile file, Optional<ServerConfig> declaration)
      throws IOException {
    if (roster.stopped().contains(file.listenUri())) {
      finishStop(folder, file);
      return;
    }
    if (file.state() == ServerState.PREPARING && declaration.isEmpty()) {
      LOG.info("{} was never served, and nobody waits for it: it is removed", file.listenUri());
      NeverServed.remove(folder, file);
      return;
    }
    ServerFile current = file;
    if (declaration.isPresent()) {
      try {
        current = file.with(Declaration.merged(file.config(), declaration.get()));
      } catch (IllegalArgumentException e) {
        LOG.error("{}", e.getMessage());
        String reason = String.valueOf(e.getMessage());
        boolean unused = roster.add(ServerRunner.refused(environment, folder, file, reason));
        return;
      }
    }
    if (!current.equals(file)) {
      current.write(folder);
    }
    boolean unused = roster.add(new ServerRunner(environment, folder, current));
  }

  /** The process died in the middle of a stop. One that can't go on doesn't keep others down. */
  private void finishStop(ServerFolder folder, ServerFile file) {
    try {
      new ServerRunner(environment, folder, file).finishStop(roster.notices());
    } catch (IOException e) {
      LOG.error("{} is kept until it is stopped again", file.listenUri(), e);
      String reason = String.valueOf(e.getMessage());
      boolean unused = roster.add(ServerRunner.refused(environment, folder, file, reason));
    }
  }

  private void create(ListenUri uri, ServerConfig declaration) throws IOException {
    HttpListener.checkFree(uri);
    ServerFolder folder = environment.data().server(uri);
    ServerFile file = NewServer.file(environment, Declaration.concluded(declaration), true);
    AtomicFile.createFolder(folder.path());
    file.write(folder);
    boolean unused = roster.add(new ServerRunner(environment, folder, file));
  }
}
