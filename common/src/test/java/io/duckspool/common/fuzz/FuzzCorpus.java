package io.duckspool.common.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Runs the target of a fuzzer over its kept inputs, {@code src/test/resources/fuzz/<target>} of its
 * module, and over damaged ones. {@code deploy/bin/fuzz} runs the same targets guided by coverage.
 */
public final class FuzzCorpus {

  private static final int DAMAGED_PER_INPUT = 300;
  private static final int MAX_BYTES = 1 << 16;

  /** What a call may allocate, whatever its input. */
  private static final long FIXED_BYTES = 16 << 20;

  /** What it may allocate for each byte of its input. */
  private static final long BYTES_PER_BYTE = 4 << 10;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private FuzzCorpus() {}

  /** What is called with an input; it throws for a finding only. */
  @FunctionalInterface
  public interface Target {
    void accept(byte[] input) throws Exception;
  }

  /** Calls the target for each kept input and for damaged ones of them. */
  public static void run(String target, Target fuzzed) throws Exception {
    Path folder = Path.of("src/test/resources/fuzz", target);
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.sorted().toList();
    }
    assertTrue(!files.isEmpty(), "no input in " + folder);
    Random random = new Random(42);
    for (Path file : files) {
      byte[] input = Files.readAllBytes(file);
      call(fuzzed, input, file + " as it is");
      for (int i = 0; i < DAMAGED_PER_INPUT; i++) {
        call(fuzzed, damaged(input, random), file + ", damaged for the time " + i);
      }
    }
  }

  private static void call(Target fuzzed, byte[] input, String name) {
    try {
      bounded(input, fuzzed);
    } catch (Exception | Error e) {
      throw new AssertionError(name, e);
    }
  }

  /** Calls the target, and fails when it allocated more than the size of its input accounts for. */
  public static void bounded(byte[] input, Target fuzzed) throws Exception {
    if (input.length > MAX_BYTES) {
      return;
    }
    long bytes = allocated(input, fuzzed);
    // The first call loads classes, which a fuzzer instruments in the same thread.
    for (int again = 0; again < 3 && bytes > bound(input); again++) {
      bytes = allocated(input, fuzzed);
    }
    if (bytes > bound(input)) {
      throw new AssertionError(bytes + " bytes allocated for " + input.length);
    }
  }

  private static long bound(byte[] input) {
    return FIXED_BYTES + BYTES_PER_BYTE * input.length;
  }

  private static long allocated(byte[] input, Target fuzzed) throws Exception {
    long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    fuzzed.accept(input);
    return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
  }

  private static byte[] damaged(byte[] input, Random random) throws IOException {
    byte[] bytes = input.clone();
    int times = 1 + random.nextInt(4);
    for (int i = 0; i < times && bytes.length > 0; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> bytes = java.util.Arrays.copyOf(bytes, at);
        default -> {
          byte[] longer = java.util.Arrays.copyOf(bytes, bytes.length + 1);
          System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
          bytes = longer;
        }
      }
    }
    return bytes;
  }
}
