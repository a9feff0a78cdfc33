package io.duckspool.common.server;

import io.duckspool.common.admin.ListenUri;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Names in the data folder, which receiver and writer share.
 *
 * <pre>
 * &lt;data&gt;/                      0700, one owner; files 0600
 *   receiver.lock writer.lock  a second receiver or writer on the same data names the first, and exits
 *   control.token              of the control ports
 *   stopped.json               declared servers that were stopped
 *   servers/&lt;name&gt;/            one folder a server, see {@link ServerFolder}
 *   servers/.gone-&lt;spool id&gt;   a stopped server on its way out
 *   quarantine/&lt;spool id&gt;/     what a stopped server left in quarantine
 *   lake.&lt;catalog&gt;.making      a lake that the writer makes is not marked as its own yet
 *   writer.ended               why the last writer ended itself, for the next one
 *   otlp.duckdb extensions/ tmp/ staging/
 * </pre>
 *
 * Immutable and thread-safe.
 *
 * @param root absolute path of the folder
 */
public record DataFolder(Path root) {

  /** Prefix of the folder of a server that is being removed. */
  public static final String GONE_PREFIX = ".gone-";

  public DataFolder {
    root = root.toAbsolutePath().normalize();
  }

  /**
   * Creates the folder and {@code servers}, each for its owner alone; keeps what is there.
   *
   * @throws IOException also for a folder on a network file system, or with a symbolic link in it
   */
  public void create() throws IOException {
    AtomicFile.createFolder(root);
    Optional<String> refusal = NetworkFileSystems.refusal(root);
    if (refusal.isPresent()) {
      throw new IOException(refusal.get());
    }
    SymbolicLinks.refuseInData(root);
    AtomicFile.createFolder(servers());
  }

  /** The lock of the receiver. */
  public Path receiverLock() {
    return root.resolve("receiver.lock");
  }

  /** The lock of the writer. */
  public Path writerLock() {
    return root.resolve("writer.lock");
  }

  /** Why the last writer ended itself, for the next one. */
  public Path endNote() {
    return root.resolve("writer.ended");
  }

  /** Servers that were declared in the configuration and stopped. */
  public Path stoppedFile() {
    return root.resolve("stopped.json");
  }

  /** Where the quarantine of stopped servers is kept, by spool id. */
  public Path quarantine() {
    return root.resolve("quarantine");
  }

  /** Where DuckDB writes the files of Parquet targets before they get their places. */
  public Path staging() {
    return root.resolve("staging");
  }

  /** Holds one folder a server. */
  public Path servers() {
    return root.resolve("servers");
  }

  /** The folder of the server that listens on a URI, present or not. */
  public ServerFolder server(ListenUri uri) {
    return new ServerFolder(servers().resolve(uri.folderName()));
  }

  /** Where the folder of a stopped server is moved to, before it is deleted. */
  public ServerFolder gone(String spoolId) {
    return new ServerFolder(servers().resolve(GONE_PREFIX + spoolId));
  }

  /** Folders that hold a server file, sorted by name; those on their way out are not among them. */
  public List<ServerFolder> listServers() throws IOException {
    return list(false);
  }

  /** Folders of stopped servers whose removal was begun. */
  public List<ServerFolder> listGone() throws IOException {
    return list(true);
  }

  private List<ServerFolder> list(boolean gone) throws IOException {
    if (!Files.isDirectory(servers())) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(servers())) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith(GONE_PREFIX) == gone)
          .map(ServerFolder::new)
          .filter(folder -> gone || Files.exists(folder.serverFile()))
          .sorted((a, b) -> a.path().compareTo(b.path()))
          .toList();
    }
  }
}
