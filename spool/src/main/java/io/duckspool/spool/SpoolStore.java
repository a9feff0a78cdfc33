package io.duckspool.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;

/** Opens the spool in a server's folder, for the one appender or for a reader. */
public interface SpoolStore {

  /**
   * Opens, or makes, the spool for appending; the caller holds {@code receiver.lock}. Scans what an
   * earlier run left behind the durable mark, syncs what is whole, advances the mark, and begins a
   * new segment. Blocks for disk.
   *
   * @param serverFolder the server's folder; it exists
   * @param spoolId 32 lower-case hex characters; must be the one the spool was made with
   * @param runId id of this receiver run, 32 lower-case hex characters, never used before
   * @throws SpoolOpenException network file system, another spool's files, a newer format, or an
   *     I/O error
   */
  Spool openForAppend(Path serverFolder, String spoolId, String runId, SpoolOptions options)
      throws SpoolException;

  /**
   * Opens the spool for reading; the caller holds {@code writer.lock}.
   *
   * @param serverFolder the server's folder; it exists
   * @param spoolId 32 lower-case hex characters
   * @param isReceiverOfRunAlive whether the receiver lock is held by the run with this id; asked
   *     when the durable mark is behind what was read
   */
  SpoolTailer openForRead(Path serverFolder, String spoolId, Predicate<String> isReceiverOfRunAlive)
      throws SpoolException;

  /**
   * Bytes that the files of a spool take that nobody appends to; 0 when there is none. What an open
   * one reserves ahead counts, too.
   *
   * @param serverFolder the server's folder
   */
  long diskBytes(Path serverFolder) throws IOException;
}
