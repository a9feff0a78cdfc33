package io.duckspool.writer.quarantine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.server.AtomicFile;
import io.duckspool.spool.FileRange;
import io.duckspool.spool.SpoolIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The quarantine of one server: a folder with one file for each entry that could not be stored, and
 * for each damaged range of the spool, named by its first index:
 *
 * <pre>
 * &lt;index&gt;.quarantined   a line of JSON ({@link QuarantineNote}), then the entry's envelope with its
 *                       payload, as it stood in the spool; or the damaged bytes
 * &lt;index&gt;.dropped       the line alone, of what an operator gave up: it stays counted
 * </pre>
 *
 * <p>Written under a temporary name, synced, renamed, and the folder synced: durable when a method
 * returns, so that the ledger may pass the entry afterwards. If the process dies here, the entry is
 * met again and its file written again: the name makes that a repetition, not a second file.
 *
 * <p>Used by the pipeline's thread.
 */
public final class QuarantineStore {

  private static final Logger LOG = LoggerFactory.getLogger(QuarantineStore.class);
  private static final String SUFFIX = ".quarantined";
  private static final String DROPPED = ".dropped";
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path folder;

  /** By index: files that are there, and what was given up. */
  private final Map<String, Counts> files = new HashMap<>();

  private final Map<String, Counts> dropped = new HashMap<>();

  /** Of both, those whose index can be told. */
  private final NavigableMap<SpoolIndex, Long> rows = new TreeMap<>();

  private Map<QuarantineReason, Long> entriesByReason = noEntries();
  private long entryCount;
  private long rowCount;

  private QuarantineStore(Path folder) {
    this.folder = folder;
  }

  private record Counts(long entries, long rows, QuarantineReason reason) {
    static Counts of(QuarantineNote note) {
      return new Counts(note.entries(), note.rows(), note.reason());
    }
  }

  /**
   * Opens the quarantine and counts what is in it; the folder is made with the first file. A drop
   * that was cut off is finished.
   */
  public static QuarantineStore open(Path folder) throws IOException {
    QuarantineStore store = new QuarantineStore(folder);
    for (Path file : list(folder, QuarantineStore::isDropped)) {
      store.count(store.dropped, indexOf(file), readCounts(file));
    }
    for (Path file : list(folder, QuarantineStore::isQuarantined)) {
      if (store.dropped.containsKey(indexOf(file))) {
        Files.deleteIfExists(file);
        AtomicFile.syncFolder(folder);
      } else {
        store.count(store.files, indexOf(file), readCounts(file));
      }
    }
    return store;
  }

  private static List<Path> list(Path folder, Predicate<Path> wanted) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(wanted).toList();
    }
  }

  /**
   * Puts an entry away; one that is already there is written again, and counted once. Durable when
   * it returns.
   *
   * @param content the envelope and the payload, borrowed until return; read from its position to
   *     its limit
   */
  public void put(QuarantineNote note, ByteBuffer content) throws IOException {
    write(note, content.remaining(), channel -> writeFully(channel, content.duplicate()));
  }

  /**
   * Puts the bytes of a damaged range away, as far as their files are still there. Durable when it
   * returns.
   */
  public void putDamage(QuarantineNote note, List<FileRange> ranges) throws IOException {
    long bytes = 0;
    for (FileRange range : ranges) {
      bytes += readableBytes(range);
    }
    write(
        note,
        bytes,
        channel -> {
          for (FileRange range : ranges) {
            copy(range, channel);
          }
        });
  }

  /**
   * Takes an entry back that can be stored after all: its verdict was reached by a try whose ledger
   * never moved. To be called before the ledger passes the entry, while the spool still has it.
   * Durable when it returns.
   */
  public void takeBack(SpoolIndex index) throws IOException {
    if (files.isEmpty() && dropped.isEmpty()) {
      return;
    }
    if (uncount(files, index.toString()) | uncount(dropped, index.toString())) {
      Files.deleteIfExists(fileOf(index));
      Files.deleteIfExists(droppedFileOf(index));
      AtomicFile.syncFolder(folder);
    }
  }

  /**
   * Takes entries out that are in the target by now, whether their files are still there or not.
   * Durable when it returns.
   */
  public void stored(List<SpoolIndex> indices) throws IOException {
    for (SpoolIndex index : indices) {
      Files.deleteIfExists(fileOf(index));
      boolean unused = uncount(files, index.toString());
      CrashPoint.QUARANTINE_REPLAY_FILE_REMOVED.reached();
    }
    AtomicFile.syncFolder(folder);
  }

  /**
   * Gives something up: its bytes are deleted, it stays counted, as what no table has. Durable when
   * it returns. If the process dies here, it is there, or given up once the quarantine is opened.
   *
   * @param droppedAt ISO-8601, UTC
   * @return what was noted of it; empty when it isn't in quarantine
   */
  public Optional<QuarantineNote> drop(SpoolIndex index, String droppedAt) throws IOException {
    Path file = fileOf(index);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    QuarantineNote note =
        QuarantinedFile.read(file)
            .note()
            .filter(n -> n.first().equals(index))
            .orElse(unread(index));
    writeFile(droppedFileOf(index), note.droppedLine(droppedAt).getBytes(UTF_8), channel -> {});
    CrashPoint.QUARANTINE_DROP_NOTED.reached();
    Files.deleteIfExists(file);
    AtomicFile.syncFolder(folder);
    boolean unused = uncount(files, index.toString());
    count(dropped, index.toString(), Counts.of(note));
    return Optional.of(note);
  }

  /** An entry that could not be stored either in another try: notes why. Durable on return. */
  public void failedAgain(SpoolIndex index, QuarantineReason reason, String error)
      throws IOException {
    QuarantinedFile file = QuarantinedFile.read(fileOf(index));
    if (file.note().isEmpty() || file.fault().isPresent()) {
      return; // What is wrong with the file is said when it is looked at.
    }
    QuarantineNote note = file.note().get().with(reason, error);
    writeFile(
        fileOf(index),
        note.line(file.contentBytes()).getBytes(UTF_8),
        channel -> file.copyContent(Channels.newOutputStream(channel)));
    count(files, index.toString(), Counts.of(note));
  }

  /** Where the files lie. */
  public Path folder() {
    return folder;
  }

  /** The file of an entry, as it is on disk; empty when there is none. */
  public Optional<QuarantinedFile> find(SpoolIndex index) throws IOException {
    try {
      return Optional.of(QuarantinedFile.read(fileOf(index)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Indices of what is in quarantine, ascending. */
  public List<SpoolIndex> indices() {
    return files.keySet().stream().flatMap(index -> parse(index).stream()).sorted().toList();
  }

  /**
   * Entries in quarantine by reason, without those that were given up; each reason has a number.
   * Immutable.
   */
  public Map<QuarantineReason, Long> entriesByReason() {
    return entriesByReason;
  }

  /** Entries in quarantine, those that were given up among them. */
  public long entryCount() {
    return entryCount;
  }

  /** Rows that some of the entries would be; those that are not in quarantine count for none. */
  public long rowCount(List<SpoolIndex> indices) {
    return indices.stream()
        .map(index -> files.get(index.toString()))
        .filter(Objects::nonNull)
        .mapToLong(Counts::rows)
        .sum();
  }

  /** Rows that those entries would have been. */
  public long rowCount() {
    return rowCount;
  }

  /** Those of entries from an index on, which the ledger has not passed yet. */
  public long rowsFrom(SpoolIndex index) {
    return rows.tailMap(index, true).values().stream().mapToLong(Long::longValue).sum();
  }

  @FunctionalInterface
  private interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private void write(QuarantineNote note, long contentBytes, Content content) throws IOException {
    AtomicFile.createFolder(folder);
    Files.deleteIfExists(droppedFileOf(note.first()));
    writeFile(fileOf(note.first()), note.line(contentBytes).getBytes(UTF_8), content);
    CrashPoint.QUARANTINE_SYNCED.reached();
    String index = note.first().toString();
    boolean unused = uncount(dropped, index);
    count(files, index, Counts.of(note));
  }

  private void writeFile(Path file, byte[] line, Content content) throws IOException {
    Path temporary = file.resolveSibling(nameOf(file) + ".tmp");
    try (FileChannel channel =
        FileChannel.open(temporary, Set.of(CREATE, WRITE, TRUNCATE_EXISTING), OWNER_ONLY)) {
      writeFully(channel, ByteBuffer.wrap(line));
      content.writeTo(channel);
      channel.force(true);
    }
    Files.move(temporary, file, ATOMIC_MOVE);
    AtomicFile.syncFolder(folder);
  }

  private Path fileOf(SpoolIndex index) {
    return folder.resolve(index + SUFFIX);
  }

  private Path droppedFileOf(SpoolIndex index) {
    return folder.resolve(index + DROPPED);
  }

  /** What is noted of a file without a note. */
  private static QuarantineNote unread(SpoolIndex index) {
    return new QuarantineNote(
        QuarantineNote.Kind.ENTRY,
        index,
        new SpoolIndex(index.segment(), index.sequence() + 1),
        1,
        0,
        QuarantineReason.UNKNOWN,
        "the file had no readable first line",
        "");
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static long readableBytes(FileRange range) throws IOException {
    if (!Files.exists(range.file())) {
      return 0;
    }
    return Math.max(0, Math.min(range.length(), Files.size(range.file()) - range.offset()));
  }

  private static void copy(FileRange range, FileChannel to) throws IOException {
    long left = readableBytes(range);
    if (left == 0) {
      return;
    }
    try (FileChannel from = FileChannel.open(range.file(), READ)) {
      long at = range.offset();
      while (left > 0) {
        long moved = from.transferTo(at, left, to);
        if (moved <= 0) {
          throw new IOException("the damaged file became shorter while it was copied: " + range);
        }
        at += moved;
        left -= moved;
      }
    }
  }

  private void count(Map<String, Counts> into, String index, Counts counts) {
    boolean unused = uncount(into, index);
    into.put(index, counts);
    entryCount += counts.entries();
    rowCount += counts.rows();
    parse(index).ifPresent(at -> rows.put(at, counts.rows()));
    if (into == files) {
      addToReason(counts.reason(), counts.entries());
    }
  }

  /** Whether it was counted. */
  private boolean uncount(Map<String, Counts> from, String index) {
    Counts before = from.remove(index);
    if (before == null) {
      return false;
    }
    entryCount -= before.entries();
    rowCount -= before.rows();
    parse(index).ifPresent(rows::remove);
    if (from == files) {
      addToReason(before.reason(), -before.entries());
    }
    return true;
  }

  private void addToReason(QuarantineReason reason, long entries) {
    Map<QuarantineReason, Long> changed = new EnumMap<>(entriesByReason);
    changed.merge(reason, entries, Long::sum);
    entriesByReason = Map.copyOf(changed);
  }

  private static Map<QuarantineReason, Long> noEntries() {
    Map<QuarantineReason, Long> none = new EnumMap<>(QuarantineReason.class);
    for (QuarantineReason reason : QuarantineReason.values()) {
      none.put(reason, 0L);
    }
    return Map.copyOf(none);
  }

  private static Counts readCounts(Path file) throws IOException {
    Optional<QuarantineNote> note = QuarantinedFile.read(file).note();
    if (note.isEmpty()) {
      LOG.warn(
          "a file in quarantine has no readable first line, its rows aren't counted: {}", file);
      return new Counts(1, 0, QuarantineReason.UNKNOWN);
    }
    return Counts.of(note.get());
  }

  /** Whether a file of the folder is one of these, and whole. */
  static boolean isQuarantined(Path file) {
    return file.toString().endsWith(SUFFIX);
  }

  /** Whether a file of the folder says that something was given up. */
  static boolean isDropped(Path file) {
    return file.toString().endsWith(DROPPED);
  }

  /** The index that a file is named by. */
  static String indexOf(Path file) {
    String name = nameOf(file);
    int end = name.lastIndexOf('.');
    return end < 0 ? name : name.substring(0, end);
  }

  private static Optional<SpoolIndex> parse(String index) {
    try {
      return Optional.of(SpoolIndex.parse(index));
    } catch (IllegalArgumentException e) {
      LOG.debug("a file in quarantine has no index for a name: {}", index, e);
      return Optional.empty();
    }
  }

  private static String nameOf(Path file) {
    return String.valueOf(file.getFileName());
  }
}
