package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.config.ServerConfig;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import io.duckspool.common.server.ServerState;
import io.duckspool.receiver.http.HttpListener;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All servers of the process: those remembered in the data folder, and those the configuration
 * declares. Started, stopped and closed by the thread of the composition root; the questions may
 * come from any thread.
 */
public final class Servers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Servers.class);
  private static final int SPOOL_ID_BYTES = 16;

  private final Environment environment;
  private final StoppedServers stopped;
  private final StopNotices notices;
  private final List<ServerRunner> runners = new CopyOnWriteArrayList<>();
  private final List<ListenUri> refused = new CopyOnWriteArrayList<>();

  /** Makes an empty set. */
  public Servers(Environment environment) {
    this.environment = environment;
    this.stopped = new StoppedServers(environment.data().stoppedFile());
    this.notices = new StopNotices(environment);
  }

  /**
   * Begins to serve everything remembered and declared. Returns before the servers listen; a new
   * one waits for the writer.
   *
   * @throws IOException when the data folder can't be read or written, or the port of a new server
   *     is taken: then nothing of that server is left behind
   */
  public void start() throws IOException {
    Map<ListenUri, ServerConfig> declared = declared();
    for (ServerFolder folder : environment.data().listServers()) {
      ServerFile file = ServerFile.read(folder);
      Optional<ServerConfig> declaration = Optional.ofNullable(declared.remove(file.listenUri()));
      restore(folder, file, declaration);
    }
    for (Map.Entry<ListenUri, ServerConfig> one : declared.entrySet()) {
      if (stopped.contains(one.getKey())) {
        LOG.info("{} is declared, and stays stopped until it is served again", one.getKey());
      } else {
        create(one.getKey(), one.getValue());
      }
    }
    runners.forEach(ServerRunner::start);
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
        notices.add(folder, file);
      }
      case DRAINED -> LOG.info("{} was stopped; the writer removes it", file.listenUri());
      case PREPARING, SERVING -> resume(folder, file, declaration);
    }
  }

  private void resume(ServerFolder folder, ServerFile file, Optional<ServerConfig> declaration)
      throws IOException {
    if (stopped.contains(file.listenUri())) {
      // The process died in the middle of a stop.
      new ServerRunner(environment, folder, file).finishStop(notices);
      return;
    }
    if (file.state() == ServerState.PREPARING && declaration.isEmpty()) {
      LOG.warn(
          "{} was never served and is no longer declared; it holds nothing: {}",
          file.listenUri(),
          folder.path());
      return;
    }
    ServerFile current = file;
    if (declaration.isPresent()) {
      try {
        current = file.with(Declaration.merged(file.config(), declaration.get()));
      } catch (IllegalArgumentException e) {
        LOG.error("{}", e.getMessage());
        refused.add(file.listenUri());
        return;
      }
    }
    if (!current.equals(file)) {
      current.write(folder);
    }
    runners.add(new ServerRunner(environment, folder, current));
  }

  private void create(ListenUri uri, ServerConfig declaration) throws IOException {
    HttpListener.checkFree(uri);
    ServerFolder folder = environment.data().server(uri);
    ServerFile file =
        new ServerFile(
            ServerState.PREPARING,
            newSpoolId(),
            0,
            environment.runId(),
            environment.clock().instant(),
            true,
            Declaration.concluded(declaration));
    AtomicFile.createFolder(folder.path());
    file.write(folder);
    runners.add(new ServerRunner(environment, folder, file));
  }

  private static String newSpoolId() {
    byte[] id = new byte[SPOOL_ID_BYTES];
    new SecureRandom().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** Whether all servers listen. */
  public boolean isListening() {
    return runners.stream().allMatch(ServerRunner::isListening);
  }

  /** Whether the sync of a spool failed: the process has to be started again. */
  public boolean isPoisoned() {
    return runners.stream().anyMatch(ServerRunner::isPoisoned);
  }

  /** Why one of the servers isn't ready; empty when all are. */
  public Optional<String> degradation() {
    if (!refused.isEmpty()) {
      return Optional.of("target_refused");
    }
    return runners.stream().map(ServerRunner::degradation).flatMap(Optional::stream).findFirst();
  }

  /**
   * Stops a server for good; see {@link ServerRunner#stop}.
   *
   * @return false when no such server runs
   */
  public boolean stop(ListenUri uri) throws IOException {
    for (ServerRunner runner : runners) {
      if (runner.uri().equals(uri)) {
        if (runner.isDeclared()) {
          stopped.add(uri);
        }
        runner.stop(notices);
        runners.remove(runner);
        return true;
      }
    }
    return false;
  }

  /** Stopped servers that the writer has not taken away yet. */
  int pendingStops() {
    return notices.pending();
  }

  /** Servers that listen, or try to. */
  int runnerCount() {
    return runners.size();
  }

  /** Ends all servers until the next start; what was admitted is replied to first. */
  @Override
  public void close() {
    List<ServerRunner> last = new ArrayList<>(runners);
    last.forEach(ServerRunner::reject);
    last.forEach(ServerRunner::close);
    notices.close();
  }
}
