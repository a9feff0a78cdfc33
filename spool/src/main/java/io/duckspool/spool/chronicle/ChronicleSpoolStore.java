package io.duckspool.spool.chronicle;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.AtomicFile;
import io.duckspool.common.server.NetworkFileSystems;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.SpoolTailer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Spools whose segments are the files of a Chronicle Queue. Stateless; any thread. */
public final class ChronicleSpoolStore implements SpoolStore {

  private static final Logger LOG = LoggerFactory.getLogger(ChronicleSpoolStore.class);
  private static final Instant NUMBERS_BEGIN = Instant.parse("2024-01-01T00:00:00Z");

  /** In 2084; a clock beyond is wrong, and its number would leave none for what comes after. */
  private static final long MAX_BY_CLOCK = 1_900_000_000;

  private static final String COUNTER_FILE = "segment.counter";

  private final InstantSource clock;
  private final LongSupplier nanoTicker;
  private final SpoolDisk disk;

  /**
   * @param clock wall clock, for segment numbers and creation times
   * @param nanoTicker monotonic nanoseconds, for the age of segments
   */
  public ChronicleSpoolStore(InstantSource clock, LongSupplier nanoTicker) {
    this(clock, nanoTicker, new LocalDisk());
  }

  ChronicleSpoolStore(InstantSource clock, LongSupplier nanoTicker, SpoolDisk disk) {
    this.clock = clock;
    this.nanoTicker = nanoTicker;
    this.disk = disk;
  }

  @Override
  public Spool openForAppend(Path serverFolder, String spoolId, String runId, SpoolOptions options)
      throws SpoolException {
    requireId("spoolId", spoolId);
    requireId("runId", runId);
    SegmentFolder folder = SegmentFolder.of(serverFolder);
    try {
      Optional<String> refusal = NetworkFileSystems.refusal(serverFolder);
      if (refusal.isPresent()) {
        throw new SpoolOpenException(refusal.get());
      }
      AtomicFile.createFolder(folder.path());
      FileChannel lock = lock(folder);
      try {
        return open(serverFolder, folder, spoolId, runId, options, lock);
      } catch (IOException | SpoolException | RuntimeException | Error e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new SpoolOpenException("the spool in " + serverFolder + " can't be opened", e);
    }
  }

  @Override
  public SpoolTailer openForRead(
      Path serverFolder, String spoolId, Predicate<String> isReceiverOfRunAlive)
      throws SpoolException {
    requireId("spoolId", spoolId);
    try {
      return new SegmentTailer(
          SegmentFolder.of(serverFolder),
          spoolId,
          CheckpointFile.durable(serverFolder, false),
          CheckpointFile.committed(serverFolder, true),
          isReceiverOfRunAlive,
          disk);
    } catch (IOException e) {
      throw new SpoolOpenException("the spool in " + serverFolder + " can't be opened", e);
    }
  }

  @Override
  public long diskBytes(Path serverFolder) throws IOException {
    return SegmentFolder.of(serverFolder).bytes(segment -> true);
  }

  private Spool open(
      Path serverFolder,
      SegmentFolder folder,
      String spoolId,
      String runId,
      SpoolOptions options,
      FileChannel lock)
      throws IOException, SpoolException {
    SegmentAppender.wipe(folder);
    CheckpointFile durable = CheckpointFile.durable(serverFolder, true);
    CheckpointFile committed = CheckpointFile.committed(serverFolder, false);
    Optional<DurableMark> mark = durable.readDurable();
    CommittedMark committedMark = committed.readCommitted();
    OldestEntry oldest = new OldestEntry();
    StartScan.Result scan = new StartScan(folder, disk, spoolId, oldest).run(mark, committedMark);
    long segment = firstSegment(serverFolder, scan);
    SpoolPosition end = scan.end().orElse(SpoolPosition.startOf(segment));
    ChronicleSpoolFiles files =
        new ChronicleSpoolFiles(
            serverFolder,
            spoolId,
            runId,
            segment,
            disk,
            durable,
            committed,
            oldest,
            lock,
            clock,
            nanoTicker);
    files.persistCounter(segment);
    byte[] header = EntryCodec.encode(files.headerOf(segment, end));
    SegmentAppender appender =
        new SegmentAppender(folder, disk, options.maxEntryBytes(), segment, header);
    try {
      disk.force(appender.channel(), true);
      disk.forceFolder(folder.path());
      durable.publish(new DurableMark(runId, end));
      for (long unused : scan.unused()) {
        Files.deleteIfExists(folder.file(unused));
      }
      disk.forceFolder(folder.path());
    } catch (IOException | RuntimeException | Error e) {
      appender.close();
      throw e;
    }
    LOG.info(
        "spool {} opened: segment {} after {}, {} entries in its life, {} older segments",
        spoolId,
        segment,
        end.next(),
        end.entries(),
        scan.present().size() - scan.unused().size());
    ChronicleSpool spool = new ChronicleSpool(files, options, appender, end);
    spool.start();
    return spool;
  }

  /** Above every number this spool can have used, even one restored from a backup. */
  private long firstSegment(Path serverFolder, StartScan.Result scan) throws IOException {
    long highest = Math.max(0, clock.instant().getEpochSecond() - NUMBERS_BEGIN.getEpochSecond());
    if (highest > MAX_BY_CLOCK) {
      LOG.warn("the clock says {}: segment numbers go on without it", clock.instant());
      highest = 0;
    }
    highest = Math.max(highest, readCounter(serverFolder.resolve(COUNTER_FILE)));
    for (long present : scan.present()) {
      highest = Math.max(highest, present);
    }
    highest = Math.max(highest, scan.end().map(end -> end.next().segment()).orElse(0L));
    return highest + 1;
  }

  private static long readCounter(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    // Whatever bytes a damaged one has.
    String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      LOG.warn("{} is damaged; segment numbers go on by the files present and the clock", file);
      return 0;
    }
  }

  private static FileChannel lock(SegmentFolder folder) throws IOException, SpoolOpenException {
    FileChannel channel =
        FileChannel.open(
            folder.path().resolve("appender.lock"),
            Set.of(CREATE, WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    boolean isLocked = false;
    try {
      isLocked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      LOG.debug("{} is open in this process", folder.path(), e);
    }
    if (!isLocked) {
      channel.close();
      throw new SpoolOpenException(
          "the spool in " + folder.path() + " is open for appending elsewhere: stop that receiver");
    }
    return channel;
  }

  private static void requireId(String name, String id) {
    if (!id.matches("[0-9a-f]{32}")) {
      throw new IllegalArgumentException(name + " must be 32 lower-case hex characters, got " + id);
    }
  }
}
