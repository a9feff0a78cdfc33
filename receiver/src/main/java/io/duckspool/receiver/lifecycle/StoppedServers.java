package io.duckspool.receiver.lifecycle;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * The declared servers that were stopped and stay so until they are served again: {@code
 * stopped.json}, an array of canonical URIs. Used by one thread at a time.
 */
final class StoppedServers {

  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;

  StoppedServers(Path file) {
    this.file = file;
  }

  synchronized boolean contains(ListenUri uri) throws IOException {
    return read().contains(uri.toString());
  }

  /** Notes a server; durable when it returns. */
  synchronized void add(ListenUri uri) throws IOException {
    Set<String> uris = read();
    if (uris.add(uri.toString())) {
      AtomicFile.replace(file, JSON.writeValueAsBytes(uris));
    }
  }

  /** Forgets a server, which is served again; durable when it returns. */
  synchronized void remove(ListenUri uri) throws IOException {
    Set<String> uris = read();
    if (uris.remove(uri.toString())) {
      AtomicFile.replace(file, JSON.writeValueAsBytes(uris));
    }
  }

  private Set<String> read() throws IOException {
    if (!Files.exists(file)) {
      return new TreeSet<>();
    }
    return new TreeSet<>(
        JSON.readValue(Files.readAllBytes(file), new TypeReference<Set<String>>() {}));
  }
}
