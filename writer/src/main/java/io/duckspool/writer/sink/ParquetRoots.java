package io.duckspool.writer.sink;

import io.duckspool.common.config.ParquetRoot;
import io.duckspool.common.config.SecretConfig;
import io.duckspool.writer.sink.store.FolderStore;
import io.duckspool.writer.sink.store.IoGate;
import io.duckspool.writer.sink.store.ObjectStore;
import io.duckspool.writer.sink.store.S3Clients;
import io.duckspool.writer.sink.store.S3Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * The stores of all Parquet roots in use, one a root; they stay open until this is closed.
 * Thread-safe. Closed by the database.
 */
final class ParquetRoots implements AutoCloseable {

  /** S3 secrets of DuckDB without a scope are for all of these. */
  private static final String ANY_BUCKET = "s3://";

  /** What the data folder has for itself. */
  private static final Set<String> DATA_FOLDERS =
      Set.of("servers", "staging", "quarantine", "tmp", "extensions");

  private final SortedMap<String, SecretConfig> secrets;

  /** By location; guarded by this object's monitor. */
  private final Map<String, ObjectStore> stores = new HashMap<>();

  ParquetRoots(SortedMap<String, SecretConfig> secrets) {
    this.secrets = secrets;
  }

  /**
   * The store of a root; nothing is asked of it yet.
   *
   * @throws SinkException.Refused there are no keys to it
   */
  synchronized ObjectStore store(ParquetRoot root) throws SinkException {
    ObjectStore present = stores.get(root.location());
    if (present != null) {
      return present;
    }
    ObjectStore store = open(root);
    stores.put(root.location(), store);
    return store;
  }

  private ObjectStore open(ParquetRoot root) throws SinkException {
    if (root instanceof ParquetRoot.Folder folder) {
      return new FolderStore(folder.path(), ParquetLayout.FOLDER, IoGate.OPEN);
    }
    ParquetRoot.Bucket bucket = (ParquetRoot.Bucket) root;
    return new S3Store(
        S3Clients.open(secret(root.location())), bucket.bucket(), bucket.prefix(), IoGate.OPEN);
  }

  /** The declared secret with the longest scope that the location is in, as DuckDB chooses. */
  private SecretConfig.S3 secret(String location) throws SinkException {
    List<Map.Entry<String, SecretConfig.S3>> best = new ArrayList<>();
    int longest = 0;
    for (Map.Entry<String, SecretConfig> entry : secrets.entrySet()) {
      if (entry.getValue() instanceof SecretConfig.S3 s3) {
        String scope = s3.scope().orElse(ANY_BUCKET);
        if ((location + "/").startsWith(scope) && scope.length() >= longest) {
          if (scope.length() > longest) {
            best.clear();
          }
          best.add(Map.entry(entry.getKey(), s3));
          longest = scope.length();
        }
      }
    }
    if (best.isEmpty()) {
      throw new SinkException.Refused(
          "no secret of type s3 is for "
              + location
              + ": declare one under secrets, with provider: credential_chain where the environment"
              + " has the keys");
    }
    if (best.size() > 1) {
      throw new SinkException.Refused(
          "the secrets "
              + String.join(", ", best.stream().map(Map.Entry::getKey).toList())
              + " are all for "
              + location
              + ": give them a scope, such as "
              + location
              + "/");
    }
    return best.get(0).getValue();
  }

  /**
   * Refuses a folder whose files queries must not read, or whose files another root has.
   *
   * @param staging in the data folder
   */
  static void requireApart(ParquetRoot.Folder root, Path staging) throws SinkException {
    Path path;
    Path data;
    try {
      path = realPath(root.path());
      data = realPath(staging.toAbsolutePath().normalize()).getParent();
    } catch (IOException e) {
      throw new SinkException.Unavailable("Parquet root " + root.location() + ": " + e, e);
    }
    boolean isOurs = data != null && path.startsWith(data) && isTaken(data.relativize(path));
    if (data != null && (data.startsWith(path) || isOurs)) {
      throw new SinkException.Refused(
          "Parquet root "
              + root.location()
              + " would show the data folder "
              + data
              + ", which holds tokens: give a folder of its own");
    }
    for (Path above = path.getParent(); above != null; above = above.getParent()) {
      if (Files.exists(above.resolve(ParquetLayout.FORMAT))) {
        throw new SinkException.Refused(
            "Parquet root " + root.location() + " lies in another one, " + above);
      }
    }
  }

  private static boolean isTaken(Path inData) {
    return DATA_FOLDERS.contains(String.valueOf(inData.getName(0)));
  }

  /**
   * Where DuckDB finds the files of a root, as it compares paths: links are followed where they are
   * there.
   *
   * @param location of a root
   */
  static List<String> places(String location) {
    if (location.startsWith(ParquetRoot.SCHEME)) {
      return List.of(location + "/");
    }
    try {
      Path real = realPath(Path.of(location));
      return real.toString().equals(location) ? List.of(location) : List.of(location, "" + real);
    } catch (IOException e) {
      return List.of(location);
    }
  }

  /** The path without links, as far as it is there. */
  private static Path realPath(Path path) throws IOException {
    Path parent = path.getParent();
    if (Files.exists(path) || parent == null) {
      return path.toRealPath();
    }
    return realPath(parent).resolve(String.valueOf(path.getFileName()));
  }

  @Override
  public synchronized void close() {
    stores.values().forEach(ObjectStore::close);
    stores.clear();
  }
}
