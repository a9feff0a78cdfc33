package io.duckspool.writer.pipeline;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Remembers which batch was in hand, so that an entry that kills the process is found after a few
 * deaths. One line of text in a file of its own, overwritten in place:
 *
 * <pre>
 * attempts 1 &lt;mode&gt; &lt;first index&gt; &lt;tries&gt; &lt;suspect bytes&gt; &lt;CRC32C of the words before, hexadecimal&gt;
 * mode: idle (no batch in hand), batch, single (a search for the entry that kills)
 * </pre>
 *
 * <p>A plain write survives the death of the process, which is what this note is about; after an
 * unclean exit each write is also synced, for that death may have been the machine's. A note that
 * is missing or damaged says nothing: idle.
 *
 * <p>Used and closed by the pipeline's thread, and by {@link BlamelessEnd} before there is one.
 */
final class AttemptsNote implements AutoCloseable {

  private static final int LINE_BYTES = 160;

  private final FileChannel channel;
  private boolean synced;

  private AttemptsNote(FileChannel channel) {
    this.channel = channel;
  }

  /** What was in hand. */
  enum Mode {
    IDLE,
    BATCH,
    SINGLE
  }

  /**
   * A try, noted before it begins.
   *
   * @param first index of its first entry
   * @param tries how often a batch from there was tried without an end, this one included; in a
   *     search only those that held no other entry
   * @param suspectBytes payload bytes that are still to be searched
   */
  record Attempt(Mode mode, SpoolIndex first, int tries, long suspectBytes) {

    static final Attempt NONE = new Attempt(Mode.IDLE, new SpoolIndex(0, 0), 0, 0);
  }

  /**
   * Opens the note. A new one is filled at once: on a disk that is full later, notes must still be
   * written, for that is how a backlog drains.
   */
  static AttemptsNote open(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(CREATE, READ, WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      if (channel.size() < LINE_BYTES) {
        channel.write(
            ByteBuffer.wrap(" ".repeat(LINE_BYTES).getBytes(StandardCharsets.US_ASCII)), 0);
        channel.force(false);
      }
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new AttemptsNote(channel);
  }

  /** From now on each write is synced: the last exit was not a clean one. */
  void syncFromNowOn() {
    synced = true;
  }

  /** The last note; {@link Attempt#NONE} when there is none that can be read. */
  Attempt read() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(LINE_BYTES);
    channel.read(buffer, 0);
    String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
    return parse(text.strip()).orElse(Attempt.NONE);
  }

  /** Notes a try before it begins. */
  void write(Attempt attempt) throws IOException {
    String words =
        "attempts 1 "
            + attempt.mode()
            + " "
            + attempt.first()
            + " "
            + attempt.tries()
            + " "
            + attempt.suspectBytes();
    StringBuilder line = new StringBuilder(words).append(' ').append(checksum(words));
    while (line.length() < LINE_BYTES - 1) {
      line.append(' ');
    }
    line.append('\n');
    channel.write(ByteBuffer.wrap(line.toString().getBytes(StandardCharsets.US_ASCII)), 0);
    if (synced) {
      channel.force(false);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static Optional<Attempt> parse(String text) {
    String[] words = text.split(" ");
    if (words.length != 7 || !words[0].equals("attempts") || !words[1].equals("1")) {
      return Optional.empty();
    }
    if (!checksum(text.substring(0, text.lastIndexOf(' '))).equals(words[6])) {
      return Optional.empty();
    }
    return Optional.of(
        new Attempt(
            Mode.valueOf(words[2]),
            SpoolIndex.parse(words[3]),
            Integer.parseInt(words[4]),
            Long.parseLong(words[5])));
  }

  private static String checksum(String words) {
    CRC32C crc = new CRC32C();
    crc.update(words.getBytes(StandardCharsets.US_ASCII));
    return Long.toHexString(crc.getValue());
  }
}
