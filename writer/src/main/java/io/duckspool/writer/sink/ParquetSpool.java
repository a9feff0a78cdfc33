package io.duckspool.writer.sink;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.spool.SpoolIndex;
import io.duckspool.writer.sink.store.ObjectStore;
import io.duckspool.writer.sink.store.ObjectStore.Staged;
import io.duckspool.writer.sink.store.ObjectStore.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a Parquet root holds of one spool: its ledger, and the intent of a seal that is in work.
 *
 * <p>Invariants: the ledger is moved by the seal whose intent is there, or by whoever finishes it,
 * and each change of either is a compare-and-set. A data file of the spool is below the root only
 * if such an intent names it, or the ledger has passed its seal. So an intent is settled before
 * anything else is done:
 *
 * <ol>
 *   <li>the ledger names its attempt: it is done, and removed;
 *   <li>the ledger stands where it begins: its list is finished, and the ledger moved;
 *   <li>a staged file is lost that has no place yet: the ledger notes it, the files that have
 *       places are taken back, and the seal's entries are to be decoded again;
 *   <li>the ledger has passed its beginning otherwise: it was written by a writer that was fenced,
 *       before it placed any file, and is removed. Where locks keep a second writer out, that can't
 *       be: such an intent is refused.
 * </ol>
 *
 * <p>If the process dies here, at any line, the next one settles the same intent in the same way.
 * Used under the lock of the spool.
 */
final class ParquetSpool {

  private static final Logger LOG = LoggerFactory.getLogger(ParquetSpool.class);

  private final ObjectStore store;
  private final String spoolId;
  private final Staging staging;
  private final InstantSource clock;

  ParquetSpool(ObjectStore store, String spoolId, Staging staging, InstantSource clock) {
    this.store = store;
    this.spoolId = spoolId;
    this.staging = staging;
    this.clock = clock;
  }

  /**
   * The ledger as it is in the root.
   *
   * @param stored its file, which the next replacement must find unchanged
   * @param finished the seal that was in work, and is done now
   */
  record At(ParquetLedger ledger, Stored stored, Optional<SealIntent> finished) {

    SpoolIndex next() {
      return ledger.row().position().next();
    }
  }

  /** An intent as it is in the root. */
  private record Open(SealIntent intent, Stored stored) {}

  /** What a store with locks keeps for a spool. */
  static String lockFile(String spoolId) {
    return ParquetLayout.FOLDER + "/" + spoolId + ".lock";
  }

  Staging staging() {
    return staging;
  }

  /**
   * Settles what is left of a seal, and reads the ledger. Empty when there is none; then an intent
   * stays as it is.
   *
   * @throws SinkException.Refused a file is damaged or newer, or ledger and intent contradict each
   *     other
   */
  Optional<At> settle() throws IOException, SinkException {
    Optional<At> at = readLedger();
    if (at.isEmpty()) {
      return at;
    }
    Optional<Open> open = readIntent();
    if (open.isEmpty()) {
      staging.clear();
      return at;
    }
    boolean isDone = settle(at.get(), open.get());
    return readLedger()
        .map(
            now ->
                new At(
                    now.ledger(),
                    now.stored(),
                    isDone ? Optional.of(open.get().intent()) : Optional.empty()));
  }

  /** Settles an intent; whether its seal is done. */
  private boolean settle(At at, Open open) throws IOException, SinkException {
    SealIntent intent = open.intent();
    if (at.ledger().attempt().equals(intent.attempt())) {
      forget(open);
      return true;
    }
    if (!at.next().equals(intent.first())) {
      forgetUnlessBegun(at, open);
      return false;
    }
    Optional<List<Staged>> left = left(intent);
    if (left.isEmpty()) {
      LOG.warn(
          "{}: staged files of seal {} are lost ({} of spool {}): what has its place is taken back,"
              + " and its entries are stored again",
          store.location(),
          intent.sealId(),
          intent.attempt(),
          spoolId);
      if (!store.replace(at.stored(), at.ledger().withTakenBack(intent.attempt()).bytes())) {
        throw changed(intent, "");
      }
      takeBack(open);
      return false;
    }
    LOG.info("{}: finishing seal {} of spool {}", store.location(), intent.sealId(), spoolId);
    LedgerRow unused = finish(at, open, left.get());
    return true;
  }

  /**
   * Decides a seal by writing its intent, and carries it out.
   *
   * @return the ledger afterwards; empty when there is another intent, and nothing was done
   * @throws SinkException.Fenced the ledger was changed since it was read
   */
  Optional<LedgerRow> seal(At at, SealIntent intent) throws IOException, SinkException {
    Optional<Open> open =
        store
            .create(SealIntent.fileName(spoolId), intent.bytes())
            .map(stored -> new Open(intent, stored));
    if (open.isEmpty()) {
      return Optional.empty();
    }
    CrashPoint.EXPORT_INTENT_WRITTEN.reached();
    // From here on nobody moves the ledger past this intent: did anybody before, since it was read?
    // The names of the files were found free before, too.
    Optional<At> now = readLedger();
    if (now.isEmpty() || !now.get().stored().version().equals(at.stored().version())) {
      forget(open.get());
      if (now.isPresent() && now.get().ledger().attempt().equals(intent.attempt())) {
        return now.map(found -> found.ledger().row()); // Another has finished it.
      }
      throw changed(intent, ", before it placed a file");
    }
    List<Staged> files = new ArrayList<>();
    for (SealIntent.File file : intent.files()) {
      files.add(staged(intent, file));
    }
    return Optional.of(finish(at, open.get(), files));
  }

  /** The present intent; empty when there is none. */
  Optional<SealIntent> intent() throws IOException, SinkException {
    return readIntent().map(Open::intent);
  }

  /** Makes the ledger where there is none; false when there is another one. */
  boolean create(LedgerRow first) throws IOException {
    return store
        .create(ParquetLedger.fileName(spoolId), ParquetLedger.at(first).bytes())
        .isPresent();
  }

  /** Puts the ledger where an operator says; what an open intent speaks of follows that. */
  void set(LedgerRow row) throws IOException, SinkException {
    Optional<At> at = settle(); // Without a ledger an intent stays open.
    Optional<Open> open = readIntent();
    if (open.isPresent()) {
      if (row.position().next().compareTo(open.get().intent().next().next()) >= 0) {
        keepPlaced(open.get());
      } else {
        takeBack(open.get());
      }
    }
    boolean isSet =
        at.isEmpty()
            ? create(row)
            : store.replace(at.get().stored(), at.get().ledger().setTo(row).bytes());
    if (!isSet) {
      throw new SinkException.Fenced(
          path(ParquetLedger.fileName(spoolId)) + " was changed while it was set");
    }
  }

  /** Removes the ledger, and what an open intent has placed; false when there was none. */
  boolean remove() throws IOException, SinkException {
    Optional<At> at = readLedger();
    if (at.isEmpty()) {
      return false;
    }
    Optional<Open> open = readIntent();
    if (open.isPresent()) {
      SealIntent intent = open.get().intent();
      if (at.get().next().equals(intent.first())) {
        takeBack(open.get());
      }
    }
    staging.clear();
    store.delete(SealIntent.fileName(spoolId));
    store.delete(ParquetLedger.fileName(spoolId));
    store.delete(lockFile(spoolId));
    return true;
  }

  private Optional<At> readLedger() throws IOException, SinkException {
    Optional<Stored> stored = store.read(ParquetLedger.fileName(spoolId));
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    String what = path(stored.get().name());
    ParquetLedger ledger = ParquetLedger.read(what, stored.get().content());
    requireOwn(what, ledger.row().spoolId());
    return Optional.of(new At(ledger, stored.get(), Optional.empty()));
  }

  private Optional<Open> readIntent() throws IOException, SinkException {
    Optional<Stored> stored = store.read(SealIntent.fileName(spoolId));
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    String what = path(stored.get().name());
    SealIntent intent = SealIntent.read(what, stored.get().content());
    requireOwn(what, intent.spoolId());
    return Optional.of(new Open(intent, stored.get()));
  }

  private void requireOwn(String what, String foundSpoolId) throws SinkException {
    if (!foundSpoolId.equals(spoolId)) {
      throw new SinkException.Refused(what + " is of spool " + foundSpoolId + ": it was copied");
    }
  }

  /**
   * The files that have no place yet.
   *
   * @return empty when one of them is lost
   */
  private Optional<List<Staged>> left(SealIntent intent) throws IOException, SinkException {
    List<Staged> left = new ArrayList<>();
    for (SealIntent.File file : intent.files()) {
      OptionalLong placed = store.length(file.name());
      if (placed.isPresent()) {
        if (placed.getAsLong() != file.bytes()) {
          throw new SinkException.Refused(
              path(file.name())
                  + " has "
                  + placed.getAsLong()
                  + " bytes, the seal that is giving it its place made it with "
                  + file.bytes()
                  + ": somebody else wrote it; move it away");
        }
        continue;
      }
      Staged staged = staged(intent, file);
      if (!Files.isRegularFile(staged.file()) || Files.size(staged.file()) != file.bytes()) {
        return Optional.empty();
      }
      left.add(staged);
    }
    return Optional.of(left);
  }

  private Staged staged(SealIntent intent, SealIntent.File file) {
    Path path = staging.attempt(intent.attempt()).resolve(file.staged());
    return new Staged(path, file.name(), file.bytes());
  }

  private LedgerRow finish(At at, Open open, List<Staged> left) throws IOException, SinkException {
    SealIntent intent = open.intent();
    store.bring(left);
    CrashPoint.EXPORT_FILES_BROUGHT.reached();
    int placed = intent.names().size() - left.size();
    for (Staged file : left) {
      store.place(file);
      placed++;
      CrashPoint.EXPORT_FILE_PLACED.reached(Integer.toString(placed));
    }
    store.sync(intent.names());
    CrashPoint.EXPORT_SYNCED.reached();
    ParquetLedger next = at.ledger().after(intent, clock.instant());
    if (!store.replace(at.stored(), next.bytes())) {
      next = finishedByAnother(intent);
    }
    CrashPoint.EXPORT_LEDGER_MOVED.reached();
    forget(open);
    return next.row();
  }

  /**
   * The ledger was changed meanwhile, as only a second writer on this spool does, where no lock
   * keeps it out. It found the intent, and finished it or took it back.
   *
   * @return the ledger where it was finished
   */
  private ParquetLedger finishedByAnother(SealIntent intent) throws IOException, SinkException {
    Optional<ParquetLedger> now = readLedger().map(At::ledger);
    if (now.isPresent() && now.get().attempt().equals(intent.attempt())) {
      return now.get();
    }
    if (now.isPresent() && now.get().takenBack().contains(intent.attempt())) {
      for (String name : intent.names()) {
        store.delete(name); // Else what was placed after the other looked would stay.
      }
      throw changed(intent, "; its files were taken back");
    }
    throw changed(
        intent, "; it is not known by whom, its files stay: " + String.join(", ", intent.names()));
  }

  private SinkException changed(SealIntent intent, String what) {
    return new SinkException.Fenced(
        path(ParquetLedger.fileName(spoolId))
            + " was changed while seal "
            + intent.sealId()
            + " was in work"
            + what);
  }

  /** Removes files that the ledger will not speak of, then the intent that speaks of them. */
  private void takeBack(Open open) throws IOException {
    for (String name : open.intent().names()) {
      store.delete(name);
    }
    forget(open);
  }

  /** Gives all files that are still there their places. */
  private void keepPlaced(Open open) throws IOException {
    List<Staged> left = new ArrayList<>();
    for (SealIntent.File file : open.intent().files()) {
      Staged staged = staged(open.intent(), file);
      if (store.length(file.name()).isEmpty() && Files.isRegularFile(staged.file())) {
        left.add(staged);
      }
    }
    store.bring(left);
    for (Staged file : left) {
      store.place(file);
    }
    store.sync(open.intent().names());
    forget(open);
  }

  private void forgetUnlessBegun(At at, Open open) throws IOException, SinkException {
    SealIntent intent = open.intent();
    boolean isOfAFencedWriter = !store.hasLocks() && at.next().compareTo(intent.first()) > 0;
    for (String name : isOfAFencedWriter ? List.<String>of() : intent.names()) {
      if (store.length(name).isPresent()) {
        throw new SinkException.Refused(
            path(SealIntent.fileName(spoolId))
                + " speaks of entries from "
                + intent.first()
                + " to "
                + intent.next().next()
                + ", but the ledger beside it stands at "
                + at.next()
                + ": the root was restored from a backup in parts; its files, "
                + path(name)
                + " among them, hold rows before the ledger, or rows that are stored again; move"
                + " them away or keep them, then remove the intent");
      }
    }
    forget(open);
  }

  /** The intent first: what it names in staging is then nobody's. */
  private void forget(Open open) throws IOException {
    boolean unused = store.clear(open.stored()); // Else another has removed it.
    CrashPoint.EXPORT_INTENT_REMOVED.reached();
    staging.clear();
  }

  private String path(String name) {
    return store.location() + "/" + name;
  }
}
