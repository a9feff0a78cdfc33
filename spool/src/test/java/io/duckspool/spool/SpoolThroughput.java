package io.duckspool.spool;

import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import io.duckspool.spool.journal.FileJournalStore;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Appends with group commit, acks included, against a bare FileChannel journal that does the same
 * in the same run; prints the ratio. Not a test:
 *
 * <pre>
 * java (the JVM flags of the parent pom) -cp (the test class path) \
 *   io.duckspool.spool.SpoolThroughput FOLDER [threads] [seconds]
 * </pre>
 */
final class SpoolThroughput {

  private static final int[] SIZES = {1 << 10, 16 << 10, 128 << 10, 1 << 20};
  private static final int ROUNDS = 3;
  private static final long MAX_BYTES_PER_RUN = 1L << 30;

  private SpoolThroughput() {}

  public static void main(String[] arguments) throws Exception {
    Path base = Path.of(arguments[0]);
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 16;
    double seconds = arguments.length > 2 ? Double.parseDouble(arguments[2]) : 2;
    InstantSource clock = InstantSource.system();
    SpoolStore chronicle = new ChronicleSpoolStore(clock, System::nanoTime);
    SpoolStore journal = new FileJournalStore(clock, System::nanoTime);
    for (int size : SIZES) {
      List<Double> ratios = new ArrayList<>();
      List<Double> rates = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        double bare = run(journal, base, threads, size, seconds);
        double spool = run(chronicle, base, threads, size, seconds);
        rates.add(spool);
        ratios.add(spool / bare);
      }
      ratios.sort(Comparator.naturalOrder());
      rates.sort(Comparator.naturalOrder());
      System.out.printf(
          Locale.ROOT,
          "%8d bytes: %9.0f entries/s %7.1f MB/s, ratio to the bare journal %.2f (%.2f to %.2f)%n",
          size,
          rates.get(ROUNDS / 2),
          rates.get(ROUNDS / 2) * size / 1e6,
          ratios.get(ROUNDS / 2),
          ratios.get(0),
          ratios.get(ROUNDS - 1));
    }
  }

  /** Acked entries a second; each thread keeps up to 4 appends in flight. */
  private static double run(SpoolStore store, Path base, int threads, int size, double seconds)
      throws Exception {
    Path folder = Files.createTempDirectory(Files.createDirectories(base), "throughput");
    SpoolOptions options = SpoolOptions.defaults(16 << 20).withDiskReserveBytes(0);
    AtomicLong acked = new AtomicLong();
    long start;
    long end;
    try (Spool spool =
        store.openForAppend(folder, TestSpools.SPOOL_ID, TestSpools.newRunId(), options)) {
      List<Thread> appenders = new ArrayList<>();
      start = System.nanoTime();
      long deadline = start + (long) (seconds * 1e9);
      long maxEntries = MAX_BYTES_PER_RUN / size;
      for (int t = 0; t < threads; t++) {
        Thread appender =
            new Thread(() -> append(spool, size, deadline, acked, maxEntries), "appender-" + t);
        appender.start();
        appenders.add(appender);
      }
      for (Thread appender : appenders) {
        appender.join();
      }
      end = System.nanoTime();
    }
    delete(folder);
    return acked.get() / ((end - start) / 1e9);
  }

  private static void append(
      Spool spool, int size, long deadline, AtomicLong acked, long maxEntries) {
    ByteBuffer payload = ByteBuffer.wrap(TestSpools.payload(size, size));
    Semaphore inFlight = new Semaphore(4);
    AppendListener listener =
        new AppendListener() {
          @Override
          public void onDurable(SpoolIndex index) {
            acked.incrementAndGet();
            inFlight.release();
          }

          @Override
          public void onFailed(SpoolIndex index, SpoolException failure) {
            throw new IllegalStateException(failure);
          }
        };
    try {
      while (System.nanoTime() < deadline && acked.get() < maxEntries) {
        inFlight.acquire();
        spool.append(TestSpools.meta(1), payload, listener);
      }
      inFlight.acquire(4);
    } catch (InterruptedException | SpoolException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path folder) throws Exception {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
