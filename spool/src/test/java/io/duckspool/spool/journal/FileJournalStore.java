package io.duckspool.spool.journal;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.server.AtomicFile;
import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.EntryCodec;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolOpenException;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolStore;
import io.duckspool.spool.SpoolTailer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The plain journal that the tests compare with: files named by their segment number, in which the
 * documents of the real spool stand one after another, written with {@link FileChannel}.
 */
public final class FileJournalStore implements SpoolStore {

  private final InstantSource clock;
  private final LongSupplier ticker;

  public FileJournalStore(InstantSource clock, LongSupplier ticker) {
    this.clock = clock;
    this.ticker = ticker;
  }

  @Override
  public Spool openForAppend(Path serverFolder, String spoolId, String runId, SpoolOptions options)
      throws SpoolException {
    try {
      return open(serverFolder, spoolId, runId, options);
    } catch (IOException e) {
      throw new SpoolOpenException("can't be opened: " + serverFolder, e);
    }
  }

  @Override
  public SpoolTailer openForRead(
      Path serverFolder, String spoolId, Predicate<String> isReceiverOfRunAlive)
      throws SpoolException {
    try {
      return new FileJournalTailer(
          serverFolder,
          CheckpointFile.durable(serverFolder, false),
          CheckpointFile.committed(serverFolder, true),
          isReceiverOfRunAlive);
    } catch (IOException e) {
      throw new SpoolOpenException("can't be opened: " + serverFolder, e);
    }
  }

  private Spool open(Path serverFolder, String spoolId, String runId, SpoolOptions options)
      throws IOException, SpoolException {
    AtomicFile.createFolder(serverFolder.resolve("journal"));
    CheckpointFile durable = CheckpointFile.durable(serverFolder, true);
    CheckpointFile committed = CheckpointFile.committed(serverFolder, false);
    Optional<SpoolPosition> end = durable.readDurable().map(DurableMark::position);
    List<Long> segments = segments(serverFolder);
    Optional<Long> unused = Optional.empty();
    for (long segment : segments) {
      try (Frames frames = new Frames(file(serverFolder, segment))) {
        boolean isEmpty = true;
        for (Optional<Envelope> next = frames.next(); next.isPresent(); next = frames.next()) {
          SpoolPosition at = next.get().after();
          if (next.get().isSegmentHeader()) {
            SegmentHeader header = frames.header(next.get());
            if (!header.spoolId().equals(spoolId)) {
              throw new SpoolOpenException("spool " + header.spoolId() + " is not " + spoolId);
            }
            at = header.previousEnd();
          } else {
            isEmpty = false;
          }
          if (end.isEmpty() || at.compareTo(end.get()) > 0) {
            end = Optional.of(at);
          }
        }
        unused = isEmpty ? Optional.of(segment) : Optional.empty();
      }
    }
    if (committed.readCommitted().position().entries()
        > end.map(SpoolPosition::entries).orElse(0L)) {
      end = Optional.of(committed.readCommitted().position());
    }
    long first =
        Math.max(
                segments.isEmpty() ? 1000 : segments.get(segments.size() - 1),
                end.map(e -> e.next().segment()).orElse(0L))
            + 1;
    SpoolPosition start = end.orElse(SpoolPosition.startOf(first));
    FileJournal journal =
        new FileJournal(
            serverFolder, spoolId, runId, options, clock, ticker, durable, committed, start, first);
    if (unused.isPresent()) {
      Files.delete(file(serverFolder, unused.get()));
    }
    return journal;
  }

  static Path file(Path serverFolder, long segment) {
    return serverFolder.resolve("journal").resolve(segment + ".log");
  }

  static List<Long> segments(Path serverFolder) throws IOException {
    if (!Files.isDirectory(serverFolder.resolve("journal"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(serverFolder.resolve("journal"))) {
      return files
          .map(file -> file.getFileName().toString())
          .map(name -> Long.parseLong(name.substring(0, name.indexOf('.'))))
          .sorted()
          .toList();
    }
  }

  static FileChannel create(Path serverFolder, SegmentHeader header) throws IOException {
    FileChannel channel =
        FileChannel.open(file(serverFolder, header.segment()), Set.of(CREATE_NEW, WRITE));
    channel.write(ByteBuffer.wrap(EntryCodec.encode(header)));
    return channel;
  }

  static SegmentHeader headerOf(
      String spoolId, String runId, long segment, SpoolPosition end, InstantSource clock) {
    return new SegmentHeader(
        spoolId,
        runId,
        segment,
        end.next().sequence() == 0 ? 0 : end.next().segment(),
        end.at(new SpoolIndex(segment, 0)),
        end,
        clock.millis() * 1_000_000);
  }

  @Override
  public long diskBytes(Path serverFolder) throws IOException {
    return bytes(serverFolder);
  }

  static long bytes(Path serverFolder) throws IOException {
    long sum = 0;
    for (long number : segments(serverFolder)) {
      sum += Files.size(file(serverFolder, number));
    }
    return sum;
  }

  /** Reads one file's documents in order, as far as their checksums hold. */
  static final class Frames implements AutoCloseable {
    private final FileChannel channel;
    private long offset;
    private byte[] array = new byte[4096];

    Frames(Path file) throws IOException {
      this.channel = FileChannel.open(file, READ);
    }

    byte[] array() {
      return array;
    }

    Optional<Envelope> next() throws IOException {
      int got = fill(EntryCodec.HEADER_BYTES);
      if (EntryCodec.check(array, 0, got) != EntryCodec.HeaderCheck.VALID) {
        return Optional.empty();
      }
      Envelope envelope = EntryCodec.decode(array, 0);
      got = fill(envelope.totalBytes());
      if (got < envelope.totalBytes()
          || EntryCodec.crcOf(array, envelope.headerBytes(), envelope.payloadBytes())
              != envelope.payloadCrc()) {
        return Optional.empty();
      }
      offset += envelope.totalBytes();
      return Optional.of(envelope);
    }

    SegmentHeader header(Envelope envelope) {
      return EntryCodec.decodeSegmentHeader(envelope, array, envelope.headerBytes());
    }

    private int fill(int length) throws IOException {
      if (array.length < length) {
        array = new byte[length];
      }
      ByteBuffer target = ByteBuffer.wrap(array, 0, length);
      while (target.hasRemaining() && channel.read(target, offset + target.position()) > 0) {
        continue;
      }
      return target.position();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
