package io.duckspool.deploy.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An ext4 file system in an image file, mounted where only a private mount namespace sees it. The
 * namespace belongs to a process that ends with this JVM, and the kernel then unmounts by itself.
 * Needs root.
 */
public final class LoopMount implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path image;
  private final Path point;
  private final Process holder;

  private LoopMount(Path image, Path point, Process holder) {
    this.image = image;
    this.point = point;
    this.holder = holder;
  }

  /** Makes the image and the mount point in {@code folder} and mounts it. */
  public static LoopMount create(Path folder, int mebibytes) {
    return create(folder, mebibytes, List.of());
  }

  /** As {@link #create(Path, int)}, with room for so many files. */
  public static LoopMount withFewFiles(Path folder, int mebibytes, int files) {
    return create(folder, mebibytes, List.of("-N", String.valueOf(files)));
  }

  private static LoopMount create(Path folder, int mebibytes, List<String> options) {
    try {
      Path image = folder.resolve("disk.img");
      Path point = Files.createDirectories(folder.resolve("disk"));
      Shell.run("truncate", "-s", mebibytes + "M", image.toString());
      List<String> format = new ArrayList<>(List.of("mkfs.ext4", "-q", "-F", "-m", "0"));
      format.addAll(options);
      format.add(image.toString());
      Shell.run(format);
      Process holder =
          new ProcessBuilder(
                  List.of(
                      "unshare",
                      "--mount",
                      "--propagation",
                      "private",
                      "sh",
                      "-c",
                      "echo; exec cat"))
              .start();
      Reaper.watch(holder.pid());
      // The holder says a blank line once it stands in its own namespace.
      if (holder.getInputStream().read() != '\n') {
        throw new AssertionError("no private mount namespace");
      }
      LoopMount mount = new LoopMount(image, point, holder);
      mount.mount();
      return mount;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What to put before a command that shall see the file system. */
  public List<String> enter() {
    return List.of("nsenter", "--mount=/proc/" + holder.pid() + "/ns/mnt");
  }

  /** The mount point as commands inside the namespace see it. */
  public Path inside() {
    return point;
  }

  /** The same folder as this JVM sees it. */
  public Path outside() {
    return Path.of("/proc/" + holder.pid() + "/root" + point);
  }

  public void mount() {
    inNamespace("mount", "-o", "loop,errors=remount-ro", image.toString(), point.toString());
  }

  /**
   * Has the kernel meet an error in the file system, at which it makes it read-only.
   *
   * @return the last instant before it, on the clock of {@link System#nanoTime}
   */
  public long breakFileSystem() {
    String device = Shell.run(command("findmnt", "-n", "-o", "SOURCE", point.toString())).strip();
    return lastInstantBefore(
        "trigger = os.open(sys.argv[1], os.O_WRONLY)",
        "os.write(trigger, b'broken')",
        "/sys/fs/ext4/" + Path.of(device).getFileName() + "/trigger_fs_error");
  }

  /** Checks and mends the file system, which must not be mounted. */
  public void mend() {
    // 1: errors were corrected.
    Shell.Outcome outcome =
        Shell.outcome(command("e2fsck", "-f", "-y", image.toString()), Map.of());
    if (outcome.exitCode() > 1) {
      throw new AssertionError("e2fsck: " + outcome.exitCode() + "\n" + outcome.output());
    }
  }

  /** Makes the file system read-only, or writable again; nobody may have a file open to write. */
  public void setReadOnly(boolean isReadOnly) {
    String how = isReadOnly ? "remount,ro" : "remount,rw";
    Await.until(
        how,
        LIMIT,
        () ->
            Shell.outcome(command("mount", "-o", how, point.toString()), Map.of()).exitCode() == 0);
  }

  /**
   * Mounts the file system once more, read-only, over itself: whoever opens a file by its name
   * finds it read-only, while what was open stays writable. A real remount is refused as long as
   * that is so.
   */
  public void coverReadOnly() {
    inNamespace("mount", "--bind", point.toString(), point.toString());
    inNamespace("mount", "-o", "remount,bind,ro", point.toString());
  }

  /** Takes that mount away. */
  public void uncover() {
    inNamespace("umount", "--lazy", point.toString());
  }

  /** Unmounts as soon as the last process that used it is gone. */
  public void unmount() {
    Await.until(
        "unmount " + point,
        LIMIT,
        () -> Shell.outcome(command("umount", point.toString()), Map.of()).exitCode() == 0);
  }

  /**
   * Cuts the power: from here on nothing reaches the image, and what the journal had not written is
   * lost, as EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH does.
   *
   * @return the last instant before the cut, on the clock of {@link System#nanoTime}
   */
  public long cutPower() {
    return lastInstantBefore(
        "folder = os.open(sys.argv[1], os.O_RDONLY)\n"
            + "flags, cut = struct.pack('I', 2), fcntl.ioctl",
        "cut(folder, 0x8004587d, flags)",
        point.toString());
  }

  /**
   * Does something in Python, and says when.
   *
   * @param prepare opens and looks up all that is needed, so that nothing comes between the look at
   *     the clock and the act
   */
  private long lastInstantBefore(String prepare, String act, String argument) {
    // Both read CLOCK_MONOTONIC, which the check below relies on.
    String script =
        String.join(
            "\n",
            "import fcntl, os, struct, sys, time",
            "clock = time.monotonic_ns",
            prepare,
            "before = clock()",
            act,
            "print(before)");
    long started = System.nanoTime();
    long before = Long.parseLong(Shell.run(command("python3", "-c", script, argument)).strip());
    if (before - started < 0 || System.nanoTime() - before < 0) {
      throw new AssertionError("the clock of python3 is not that of this JVM");
    }
    return before;
  }

  /** Free bytes as df tells. */
  public long freeBytes() {
    return Long.parseLong(
        Shell.run(command("df", "--output=avail", "-B1", point.toString()))
            .lines()
            .skip(1)
            .findFirst()
            .orElseThrow()
            .trim());
  }

  @Override
  public void close() {
    Shell.outcome(command("umount", "--lazy", point.toString()), Map.of());
    holder.destroyForcibly();
    try {
      holder.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Reaper.forget(holder.pid());
  }

  private void inNamespace(String... command) {
    Shell.run(command(command));
  }

  private List<String> command(String... command) {
    List<String> all = new ArrayList<>(enter());
    all.addAll(List.of(command));
    return all;
  }
}
