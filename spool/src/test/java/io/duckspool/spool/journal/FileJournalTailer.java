package io.duckspool.spool.journal;

import io.duckspool.spool.CheckpointFile;
import io.duckspool.spool.CommittedMark;
import io.duckspool.spool.DurableMark;
import io.duckspool.spool.Envelope;
import io.duckspool.spool.SegmentHeader;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolException;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolReadException;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.journal.FileJournalStore.Frames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Reads the files in order. Damage is none of its business. */
final class FileJournalTailer implements SpoolTailer {

  private final Path serverFolder;
  private final CheckpointFile durable;
  private final CheckpointFile committed;
  private final Predicate<String> isReceiverOfRunAlive;
  private SpoolPosition position = SpoolPosition.startOf(0);
  private Optional<Frames> frames = Optional.empty();
  private long openSegment;

  FileJournalTailer(
      Path serverFolder,
      CheckpointFile durable,
      CheckpointFile committed,
      Predicate<String> isReceiverOfRunAlive) {
    this.serverFolder = serverFolder;
    this.durable = durable;
    this.committed = committed;
    this.isReceiverOfRunAlive = isReceiverOfRunAlive;
  }

  @Override
  public void moveTo(SpoolPosition next) {
    release();
    position = next;
  }

  @Override
  public SpoolPosition position() {
    return position;
  }

  @Override
  public SpoolRead read() throws SpoolException {
    Optional<DurableMark> mark = durable.readDurable();
    if (mark.isEmpty()) {
      return new SpoolRead.WaitingForReceiver("no mark");
    }
    SpoolPosition limit = mark.get().position();
    if (position.compareTo(limit) > 0 && !isReceiverOfRunAlive.test(mark.get().runId())) {
      return new SpoolRead.WaitingForReceiver("mark behind");
    }
    if (position.compareTo(limit) >= 0 || position.entries() == limit.entries()) {
      return new SpoolRead.AtDurableMark();
    }
    try {
      return readBelow();
    } catch (IOException e) {
      throw new SpoolReadException("can't read", e);
    }
  }

  private SpoolRead readBelow() throws IOException {
    while (true) {
      if (frames.isEmpty()) {
        long from = position.next().segment();
        long segment =
            FileJournalStore.segments(serverFolder).stream()
                .filter(s -> s >= from)
                .findFirst()
                .orElseThrow();
        openSegment = segment;
        frames = Optional.of(new Frames(FileJournalStore.file(serverFolder, segment)));
      }
      Frames open = frames.get();
      Optional<Envelope> next = open.next();
      if (next.isEmpty()) {
        long ended = openSegment;
        release();
        long later =
            FileJournalStore.segments(serverFolder).stream()
                .filter(s -> s > ended)
                .findFirst()
                .orElseThrow();
        position = position.at(new SpoolIndex(later, 0));
      } else if (!next.get().isSegmentHeader()
          && next.get().index().compareTo(position.next()) >= 0) {
        Envelope envelope = next.get();
        position = envelope.after();
        return new SpoolEntry(
            envelope.index(),
            position,
            envelope.meta(),
            open.array(),
            envelope.headerBytes(),
            envelope.payloadBytes());
      }
    }
  }

  @Override
  public Optional<DurableMark> durableMark() {
    return durable.readDurable();
  }

  @Override
  public List<Long> segments() throws SpoolException {
    try {
      return FileJournalStore.segments(serverFolder);
    } catch (IOException e) {
      throw new SpoolReadException("can't list", e);
    }
  }

  @Override
  public Optional<SegmentHeader> header(long segment) throws SpoolException {
    Path file = FileJournalStore.file(serverFolder, segment);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (Frames other = new Frames(file)) {
      return other.next().map(other::header);
    } catch (IOException e) {
      throw new SpoolReadException("can't read", e);
    }
  }

  @Override
  public Optional<SpoolPosition> positionAt(SpoolIndex next) throws SpoolException {
    if (next.sequence() <= 1) {
      return header(next.segment()).map(header -> header.start().at(next));
    }
    Path file = FileJournalStore.file(serverFolder, next.segment());
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (Frames other = new Frames(file)) {
      Optional<Envelope> envelope = other.next();
      while (envelope.isPresent() && !envelope.get().after().next().equals(next)) {
        envelope = other.next();
      }
      return envelope.map(Envelope::after);
    } catch (IOException e) {
      throw new SpoolReadException("can't read", e);
    }
  }

  @Override
  public void publishCommitted(CommittedMark mark) {
    committed.publish(mark);
  }

  @Override
  public CommittedMark committed() {
    return committed.readCommitted();
  }

  @Override
  public int deleteBelow(SpoolIndex committedIndex) throws SpoolException {
    try {
      int deleted = 0;
      List<Long> all = FileJournalStore.segments(serverFolder);
      for (int i = 0; i + 1 < all.size(); i++) {
        long segment = all.get(i);
        Optional<SegmentHeader> following = header(all.get(i + 1));
        if (following.isEmpty()) {
          break; // The file is just being made.
        }
        SpoolIndex end = following.get().previousEnd().next();
        if (segment > committedIndex.segment()
            || (segment == committedIndex.segment() && end.compareTo(committedIndex) > 0)) {
          break;
        }
        if (segment == openSegment) {
          release();
        }
        Files.delete(FileJournalStore.file(serverFolder, segment));
        deleted++;
      }
      return deleted;
    } catch (IOException e) {
      throw new SpoolReadException("can't delete", e);
    }
  }

  @Override
  public void release() {
    try {
      if (frames.isPresent()) {
        frames.get().close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    frames = Optional.empty();
  }

  @Override
  public void close() {
    release();
  }
}
