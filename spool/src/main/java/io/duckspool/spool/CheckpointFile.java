package io.duckspool.spool;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.AtomicFile;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * A position shared by two processes through a small mapped file: the durable mark, or what is
 * committed. Two slots of 64 bytes, little-endian, written in turn; a reader takes the valid one
 * with the higher counter:
 *
 * <pre>
 * offset size
 *      0    2  magic     44 43 ("DC") durable, 43 43 ("CC") committed
 *      2    2  version   1
 *      4    4  CRC32C    over bytes [8, 64)
 *      8    8  counter   1, 2, 3 ...; odd ones in slot 1, even ones in slot 0
 *     16    8  next      segment &lt;&lt; 32 | sequence
 *     24    8  entries
 *     32    8  rows
 *     40    8  bytes
 *     48   16  durable: run id; committed: seals (8), quarantined rows (8; 0 by earlier builds)
 * </pre>
 *
 * <p>One thread publishes, any thread reads. While a spool is in use it is never forced: if the
 * process dies here, the mark survives; after a power cut it may lie behind, or be missing, which
 * reads as "nothing". The mark of a spool that was closed is final: {@link #force}.
 */
public final class CheckpointFile {

  private static final int SLOT_BYTES = 64;
  private static final int HALF_BYTES = SLOT_BYTES / 2;
  private static final int FILE_BYTES = 2 * SLOT_BYTES;
  private static final int VERSION = 1;
  private static final int DURABLE_MAGIC = 0x4344;
  private static final int COMMITTED_MAGIC = 0x4343;
  private static final int MAX_READ_TRIES = 8;

  private final Path file;
  private final int magic;
  private final boolean isPublisher;
  private volatile Optional<MappedByteBuffer> mapped = Optional.empty();

  /** The newest slot read so far: a reader that is overtaken must not see time go backwards. */
  private volatile Optional<ByteBuffer> newest = Optional.empty();

  private long counter;

  private CheckpointFile(Path file, int magic, boolean isPublisher) {
    this.file = file;
    this.magic = magic;
    this.isPublisher = isPublisher;
  }

  /** The durable mark in a server's folder. */
  public static CheckpointFile durable(Path serverFolder, boolean isPublisher) throws IOException {
    return open(serverFolder, "durable.ckpt", DURABLE_MAGIC, isPublisher);
  }

  /** The committed checkpoint in a server's folder. */
  public static CheckpointFile committed(Path serverFolder, boolean isPublisher)
      throws IOException {
    return open(serverFolder, "committed.ckpt", COMMITTED_MAGIC, isPublisher);
  }

  private static CheckpointFile open(Path serverFolder, String name, int magic, boolean isPublisher)
      throws IOException {
    CheckpointFile checkpoint = new CheckpointFile(serverFolder.resolve(name), magic, isPublisher);
    if (isPublisher) {
      checkpoint.create(serverFolder);
    }
    return checkpoint;
  }

  /** Reads the durable mark. */
  public Optional<DurableMark> readDurable() {
    return readSlot()
        .map(
            slot ->
                new DurableMark(HexFormat.of().formatHex(slot.array(), 48, 64), position(slot)));
  }

  /** Reads the committed checkpoint; {@link CommittedMark#NONE} when there is none. */
  public CommittedMark readCommitted() {
    return readSlot()
        .map(slot -> new CommittedMark(position(slot), slot.getLong(48), slot.getLong(56)))
        .orElse(CommittedMark.NONE);
  }

  /** Publishes the durable mark. Owner thread only. */
  public void publish(DurableMark mark) {
    ByteBuffer slot = encode(mark.position());
    slot.put(48, HexFormat.of().parseHex(mark.runId()));
    write(slot);
  }

  /** Publishes the committed checkpoint. Owner thread only. */
  public void publish(CommittedMark mark) {
    write(encode(mark.position()).putLong(48, mark.seals()).putLong(56, mark.quarantinedRows()));
  }

  /** Blocks are allocated and synced here: a store into the map must not fail for want of space. */
  private void create(Path serverFolder) throws IOException {
    boolean isNew = !Files.exists(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(CREATE, READ, WRITE, NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      if (channel.size() < FILE_BYTES) {
        channel.truncate(0);
        CrashPoint.CHECKPOINT_FILE_MADE.reached();
        channel.write(ByteBuffer.allocate(FILE_BYTES), 0);
        channel.force(true);
      }
      MappedByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES);
      map.order(ByteOrder.LITTLE_ENDIAN);
      mapped = Optional.of(map);
    }
    if (isNew) {
      AtomicFile.syncFolder(serverFolder);
    }
    counter = readSlot().map(slot -> slot.getLong(8)).orElse(0L);
  }

  /**
   * Makes what was published durable. Owner thread only; blocking.
   *
   * @throws java.io.UncheckedIOException when the disk fails
   */
  public void force() {
    mapped.ifPresent(MappedByteBuffer::force);
  }

  private ByteBuffer encode(SpoolPosition position) {
    ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    slot.putShort(0, (short) magic).putShort(2, (short) VERSION);
    slot.putLong(16, position.next().toLong());
    slot.putLong(24, position.entries());
    slot.putLong(32, position.rows());
    return slot.putLong(40, position.bytes());
  }

  private void write(ByteBuffer slot) {
    if (!isPublisher) {
      throw new IllegalStateException("opened for reading: " + file);
    }
    MappedByteBuffer map = mapped.orElseThrow();
    counter++;
    slot.putLong(8, counter);
    slot.putInt(4, crc(slot.array()));
    int at = (int) (counter & 1) * SLOT_BYTES;
    map.put(at, slot.array(), 0, HALF_BYTES);
    CrashPoint.CHECKPOINT_HALF_WRITTEN.reached();
    map.put(at + HALF_BYTES, slot.array(), HALF_BYTES, HALF_BYTES);
    VarHandle.fullFence();
  }

  private Optional<ByteBuffer> readSlot() {
    Optional<MappedByteBuffer> map = mapped.isPresent() ? mapped : mapForReading();
    if (map.isEmpty()) {
      return Optional.empty();
    }
    // Both slots may be seen half written when the publisher overtakes the reader; then again.
    for (int i = 0; i < MAX_READ_TRIES; i++) {
      VarHandle.fullFence();
      Optional<ByteBuffer> first = slot(map.get(), 0);
      Optional<ByteBuffer> second = slot(map.get(), SLOT_BYTES);
      Optional<ByteBuffer> found = newer(first, second);
      if (found.isPresent()) {
        newest = newer(newest, found);
        return newest;
      }
    }
    return newest;
  }

  private static Optional<ByteBuffer> newer(Optional<ByteBuffer> a, Optional<ByteBuffer> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    return a.get().getLong(8) > b.get().getLong(8) ? a : b;
  }

  private Optional<ByteBuffer> slot(MappedByteBuffer map, int offset) {
    ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    map.get(offset, slot.array());
    boolean isValid =
        (slot.getShort(0) & 0xFFFF) == magic
            && slot.getShort(2) == VERSION
            && slot.getInt(4) == crc(slot.array())
            && slot.getLong(16) >= 0
            && slot.getLong(24) >= 0
            && slot.getLong(32) >= 0
            && slot.getLong(40) >= 0
            && (magic == DURABLE_MAGIC || (slot.getLong(48) >= 0 && slot.getLong(56) >= 0));
    return isValid ? Optional.of(slot) : Optional.empty();
  }

  private Optional<MappedByteBuffer> mapForReading() {
    try (FileChannel channel = FileChannel.open(file, READ)) {
      if (channel.size() < FILE_BYTES) {
        return Optional.empty();
      }
      mapped = Optional.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, FILE_BYTES));
      return mapped;
    } catch (IOException e) {
      // Missing, or being made: a checkpoint that can't be read is none.
      return Optional.empty();
    }
  }

  private static SpoolPosition position(ByteBuffer slot) {
    return new SpoolPosition(
        SpoolIndex.ofLong(slot.getLong(16)), slot.getLong(24), slot.getLong(32), slot.getLong(40));
  }

  private static int crc(byte[] slot) {
    CRC32C crc = new CRC32C();
    crc.update(slot, 8, SLOT_BYTES - 8);
    return (int) crc.getValue();
  }
}
