package io.duckspool.writer.pipeline;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.admin.AdminApi.SealRow;
import io.duckspool.common.admin.AdminJson;
import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last 1,000 seals of a server, kept over restarts: a text file with one JSON object a line, as
 * the list of seals shows it, oldest first, that is rewritten with the last 1,000 when it holds
 * twice as many. For people to look at: it isn't synced, a line that can't be read is left out, and
 * what a full disk doesn't take is written with a later seal, if the process lives that long.
 *
 * <p>{@link #add} is for the pipeline's thread, {@link #newestFirst} for any.
 */
final class SealLog {

  static final int MAX_SEALS = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(SealLog.class);

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path file;
  private final Deque<SealRow> seals = new ArrayDeque<>();
  private int lineCount;
  private boolean isBehind;

  private SealLog(Path file) {
    this.file = file;
  }

  /** Opens the log and reads what is there. */
  static SealLog open(Path file) throws IOException {
    SealLog log = new SealLog(file);
    if (Files.exists(file)) {
      for (String line : new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n")) {
        log.lineCount++;
        log.remember(line);
      }
    }
    return log;
  }

  /**
   * Adds a seal; the oldest beyond the bound is forgotten. Never fails: the seal is what counts.
   */
  synchronized void add(SealRow seal) {
    keep(seal);
    try {
      write(seal);
      isBehind = false;
    } catch (IOException e) {
      if (!isBehind) {
        LOG.warn("the list of seals {} can't be written, trying again with the next", file, e);
      }
      isBehind = true;
      lineCount = 2 * MAX_SEALS;
    }
  }

  private void write(SealRow seal) throws IOException {
    if (lineCount >= 2 * MAX_SEALS) {
      StringBuilder text = new StringBuilder();
      for (SealRow kept : seals) {
        text.append(AdminJson.MAPPER.writeValueAsString(kept)).append('\n');
      }
      AtomicFile.replace(file, text.toString().getBytes(StandardCharsets.UTF_8));
      lineCount = seals.size();
      return;
    }
    // The line break comes first: after a torn line the next one still begins on its own.
    byte[] line =
        ("\n" + AdminJson.MAPPER.writeValueAsString(seal)).getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel = FileChannel.open(file, Set.of(CREATE, WRITE, APPEND), OWNER_ONLY)) {
      channel.write(ByteBuffer.wrap(line));
    }
    lineCount++;
  }

  /** The seals that are kept, newest first. */
  synchronized List<SealRow> newestFirst() {
    List<SealRow> list = new ArrayList<>(seals);
    Collections.reverse(list);
    return list;
  }

  private synchronized void remember(String line) {
    if (line.isBlank()) {
      return;
    }
    try {
      keep(AdminJson.read(line.getBytes(StandardCharsets.UTF_8), SealRow.class));
    } catch (IllegalArgumentException e) {
      lineCount = 2 * MAX_SEALS; // A torn line: the next seal rewrites the file without it.
    }
  }

  private void keep(SealRow seal) {
    seals.addLast(seal);
    if (seals.size() > MAX_SEALS) {
      seals.removeFirst();
    }
  }
}
