package io.duckspool.receiver.lifecycle;

import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.server.ServerFile;
import io.duckspool.common.server.ServerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * The servers of the process by their listen URI, and what calls share to change them: one change
 * of a URI at a time. Thread-safe.
 */
final class Roster {

  private final Environment environment;
  private final StoppedServers stopped;
  private final StopNotices notices;
  private final UnreadableServers unreadable;
  private final Set<ListenUri> declared;
  private final Map<ListenUri, ServerRunner> runners = new ConcurrentHashMap<>();
  private final Map<ListenUri, ReentrantLock> locks = new ConcurrentHashMap<>();

  /** Guarded by this object's monitor. */
  private boolean isClosing;

  Roster(Environment environment) {
    this.environment = environment;
    this.stopped = new StoppedServers(environment.data().stoppedFile());
    this.notices = new StopNotices(environment, stopped);
    this.unreadable = new UnreadableServers(environment.data());
    this.declared =
        environment.config().servers().stream()
            .map(server -> ListenUri.parse(server.uri()))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** The lock of a URI: whoever makes or stops its server holds it. */
  ReentrantLock lock(ListenUri uri) {
    return locks.computeIfAbsent(uri, any -> new ReentrantLock());
  }

  /** Declared servers that were stopped. */
  StoppedServers stopped() {
    return stopped;
  }

  /** Sees to stopped servers. */
  StopNotices notices() {
    return notices;
  }

  /** Servers whose folders can't be understood. */
  UnreadableServers unreadable() {
    return unreadable;
  }

  /** Whether the configuration declares a server of this URI. */
  boolean isDeclared(ListenUri uri) {
    return declared.contains(uri);
  }

  Optional<ServerRunner> find(ListenUri uri) {
    return Optional.ofNullable(runners.get(uri));
  }

  /** Listening or not, by URI. */
  List<ServerRunner> all() {
    List<ServerRunner> all = new ArrayList<>(runners.values());
    all.sort(Comparator.comparing(runner -> runner.uri().toString()));
    return all;
  }

  /**
   * Adds a server.
   *
   * @return false when the process ends: the caller closes it
   */
  synchronized boolean add(ServerRunner runner) {
    if (!isClosing) {
      runners.put(runner.uri(), runner);
    }
    return !isClosing;
  }

  void remove(ServerRunner runner) {
    runners.remove(runner.uri(), runner);
  }

  /** From now on nothing is added. */
  synchronized void beginClosing() {
    isClosing = true;
  }

  /** What is in the folder of a URI; empty when there is no server file. */
  Optional<ServerFile> read(ListenUri uri) throws IOException {
    ServerFolder folder = environment.data().server(uri);
    if (!Files.exists(folder.serverFile())) {
      return Optional.empty();
    }
    try {
      return Optional.of(ServerFile.read(folder));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // The writer has removed it just now.
    }
  }
}
