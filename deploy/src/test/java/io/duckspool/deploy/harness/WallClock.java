package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;

/**
 * The wall clock of a process, which can be set while it runs; its monotonic clock goes on as if
 * nothing happened, as the kernel's does. A library between the process and the C library adds what
 * a file says, which it has mapped: {@code src/test/native/wall_clock.c}, built for each test.
 */
public final class WallClock {
  private static final Path SOURCE = Distribution.module().resolve("src/test/native/wall_clock.c");

  private final Path file;
  private final Path library;

  private WallClock(Path file, Path library) {
    this.file = file;
    this.library = library;
  }

  /**
   * A clock that is right, until it is set.
   *
   * @param folder gets two files
   * @param name of the process
   */
  public static WallClock in(Path folder, String name) {
    Path library = folder.resolve(name + "-clock.so");
    Shell.run("gcc", "-O2", "-shared", "-fPIC", "-o", "" + library, "" + SOURCE, "-ldl");
    WallClock clock = new WallClock(folder.resolve(name + "-clock"), library);
    clock.set(Duration.ZERO);
    return clock;
  }

  /** Variables of a process that goes by this clock. */
  public Map<String, String> variables() {
    return Map.of("LD_PRELOAD", library.toString(), "TEST_WALL_CLOCK", file.toString());
  }

  /**
   * Sets the clock; its processes see it at once.
   *
   * @param offset from the right time
   */
  public void set(Duration offset) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    bytes.putLong(0, offset.toNanos());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(bytes, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
