package io.duckspool.writer.quarantine;

import static java.nio.file.StandardOpenOption.READ;

import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.EntryCodec.HeaderCheck;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOptions;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file of a quarantine as it is on disk, whole or not: what is wrong with it is a part of the
 * answer, never an exception. Immutable; any thread.
 */
public final class QuarantinedFile {

  /** Far more than a line has: what is longer is no line of ours. */
  private static final int MAX_LINE_BYTES = 256 << 10;

  private final Path path;
  private final @Nullable SpoolIndex index;
  private final @Nullable QuarantineNote note;
  private final long contentOffset;
  private final long contentBytes;
  private final @Nullable String fault;

  private QuarantinedFile(
      Path path,
      @Nullable SpoolIndex index,
      @Nullable QuarantineNote note,
      long contentOffset,
      long contentBytes,
      @Nullable String fault) {
    this.path = path;
    this.index = index;
    this.note = note;
    this.contentOffset = contentOffset;
    this.contentBytes = contentBytes;
    this.fault = fault;
  }

  /** What stands behind the note. */
  public sealed interface Content {

    /**
     * An entry.
     *
     * @param array envelope and payload, the reader's own
     */
    record Entry(Envelope envelope, byte[] array) implements Content {}

    /** Bytes of a damaged range, as they stood in the spool: see {@link #copyContent}. */
    record Damage() implements Content {}

    /** Bytes that are no whole entry. */
    record Unreadable(String why) implements Content {}
  }

  /**
   * Reads the note of a file.
   *
   * @throws IOException the file can't be read, or is gone
   */
  static QuarantinedFile read(Path path) throws IOException {
    long size = Files.size(path);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean isLine = false;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
      for (int next = in.read(); next >= 0 && line.size() < MAX_LINE_BYTES; next = in.read()) {
        if (next == '\n') {
          isLine = true;
          break;
        }
        line.write(next);
      }
    }
    SpoolIndex index = indexOf(path).orElse(null);
    Optional<QuarantineNote.Read> read =
        isLine ? QuarantineNote.parse(line.toString(StandardCharsets.UTF_8)) : Optional.empty();
    if (read.isEmpty()) {
      String fault =
          size == 0 ? "the file is empty" : "the file has no first line that this version reads";
      return new QuarantinedFile(path, index, null, 0, size, fault);
    }
    long offset = line.size() + 1L;
    long bytes = size - offset;
    String fault = null;
    if (bytes != read.get().contentBytes()) {
      fault =
          "the file has %d bytes behind its first line, which says %d"
              .formatted(bytes, read.get().contentBytes());
    } else if (!read.get().note().first().equals(index)) {
      fault = "the file is named otherwise than its first line says";
    }
    return new QuarantinedFile(path, index, read.get().note(), offset, bytes, fault);
  }

  /** Where it lies. */
  public Path path() {
    return path;
  }

  /** The index that the file is named by; empty when its name is none. */
  public Optional<SpoolIndex> index() {
    return Optional.ofNullable(index);
  }

  /** What is noted; empty when that can't be read. */
  public Optional<QuarantineNote> note() {
    return Optional.ofNullable(note);
  }

  /** What is wrong with the file as such; empty when note and length are right. */
  public Optional<String> fault() {
    return Optional.ofNullable(fault);
  }

  /** Bytes behind the note; of a file without a note, all. */
  public long contentBytes() {
    return contentBytes;
  }

  /** Reads the content, and checks it. Memory for one entry. */
  public Content content() throws IOException {
    if (note == null) {
      return new Content.Unreadable(String.valueOf(fault));
    }
    if (note.kind() == QuarantineNote.Kind.DAMAGE) {
      return new Content.Damage();
    }
    if (contentBytes < EntryCodec.HEADER_BYTES) {
      return new Content.Unreadable(
          "%d bytes are no envelope, which has %d"
              .formatted(contentBytes, EntryCodec.HEADER_BYTES));
    }
    if (contentBytes > EntryCodec.HEADER_BYTES + (long) SpoolOptions.LARGEST_ENTRY_BYTES) {
      return new Content.Unreadable("%d bytes are more than an entry has".formatted(contentBytes));
    }
    byte[] array = new byte[(int) contentBytes];
    try (InputStream in = openContent()) {
      int read = in.readNBytes(array, 0, array.length);
      if (read < array.length) {
        return new Content.Unreadable("the file became shorter while it was read");
      }
    }
    HeaderCheck check = EntryCodec.check(array, 0, array.length);
    if (check != HeaderCheck.VALID) {
      return new Content.Unreadable(
          check == HeaderCheck.NEWER
              ? "the envelope was written by a newer duckspool"
              : "the envelope is damaged: its checksum does not hold");
    }
    Envelope envelope = EntryCodec.decode(array, 0);
    if (envelope.totalBytes() != array.length) {
      return new Content.Unreadable(
          "the payload has %d bytes, its envelope says %d"
              .formatted(array.length - envelope.headerBytes(), envelope.payloadBytes()));
    }
    if (!envelope.index().equals(index)) {
      return new Content.Unreadable("the envelope is that of entry " + envelope.index());
    }
    return EntryCodec.crcOf(array, envelope.headerBytes(), envelope.payloadBytes())
            == envelope.payloadCrc()
        ? new Content.Entry(envelope, array)
        : new Content.Unreadable("the payload is damaged: its checksum does not hold");
  }

  /** Copies the bytes behind the note as they are; returns how many. */
  public long copyContent(OutputStream out) throws IOException {
    try (InputStream in = openContent()) {
      return in.transferTo(out);
    }
  }

  /** The bytes behind the note; closed by the caller. */
  public InputStream openContent() throws IOException {
    FileChannel channel = FileChannel.open(path, READ);
    return Channels.newInputStream(channel.position(contentOffset));
  }

  private static Optional<SpoolIndex> indexOf(Path path) {
    try {
      return Optional.of(SpoolIndex.parse(QuarantineStore.indexOf(path)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
