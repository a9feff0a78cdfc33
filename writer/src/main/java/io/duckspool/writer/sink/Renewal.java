package io.duckspool.writer.sink;

import io.duckspool.common.config.CatalogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When to open the instance anew to have its memory back. DuckDB keeps what it knows of each block
 * of a table that it has written or read until the database is closed: measured 5 to 7 KiB for each
 * MiB of file, beside {@code memory_limit} and without a bound of its own. Opening the file costs
 * some 0.2 s.
 *
 * <p>Guarded by the monitor of the {@link DuckDbDatabase} that owns it.
 */
final class Renewal {

  private static final Logger LOG = LoggerFactory.getLogger(Renewal.class);

  /** Some 6 MiB of knowledge. */
  static final long GROWTH_BYTES = 1L << 30;

  /** Closing checkpoints what is in the logs; a checkpoint of the seals has just been before. */
  private static final long MAX_LOG_BYTES = 1L << 20;

  private final List<Path> files;
  private final long growthBytes;
  private long bytesWhenOpened;

  private Renewal(List<Path> files, long growthBytes) {
    this.files = files;
    this.growthBytes = growthBytes;
  }

  /**
   * For a database in memory never, and never where lakes or Iceberg catalogs are attached, too,
   * which may be away when the instance is opened again.
   *
   * @param growthBytes of all files together
   */
  static Renewal of(DuckDbSettings settings, long growthBytes) {
    List<Path> files = new ArrayList<>();
    settings.database().ifPresent(files::add);
    for (CatalogConfig catalog : settings.declared().catalogs().values()) {
      if (!(catalog instanceof CatalogConfig.DuckDb file)) {
        return new Renewal(List.of(), growthBytes);
      }
      files.add(file.path());
    }
    return new Renewal(settings.database().isPresent() ? files : List.of(), growthBytes);
  }

  /** Notes the size of the files that have just been opened. */
  void opened() {
    bytesWhenOpened = bytes("");
  }

  /** Whether the files have grown enough since they were opened, and closing them costs little. */
  boolean isDue() {
    return !files.isEmpty()
        && bytes("") - bytesWhenOpened >= growthBytes
        && bytes(".wal") <= MAX_LOG_BYTES;
  }

  private long bytes(String suffix) {
    long bytes = 0;
    for (Path file : files) {
      try {
        bytes += Files.size(file.resolveSibling(file.getFileName() + suffix));
      } catch (NoSuchFileException e) {
        // No log, or a catalog whose file is gone: then there is nothing to count.
      } catch (IOException e) {
        LOG.debug("the size of {}{} is not known", file, suffix, e);
      }
    }
    return bytes;
  }
}
