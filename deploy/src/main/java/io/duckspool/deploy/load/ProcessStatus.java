package io.duckspool.deploy.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A process at one moment, as Linux shows it below {@code /proc}.
 *
 * @param rssBytes resident memory; pages of mapped files count, as they do in the kernel's RSS
 * @param fileBytes the part of it that is pages of files and shared memory
 * @param cpu user and system time since its start
 */
public record ProcessStatus(long rssBytes, long fileBytes, Duration cpu) {
  /** Looks at a process; empty when there is none, or it has ended. */
  public static Optional<ProcessStatus> of(long pid) {
    long rss = 0;
    long file = 0;
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          rss = kibibytes(line);
        } else if (line.startsWith("RssFile:") || line.startsWith("RssShmem:")) {
          file += kibibytes(line);
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    long resident = rss;
    long files = file;
    // A process that has ended, but was not waited for, has no memory.
    return ProcessHandle.of(pid)
        .filter(process -> resident > 0)
        .flatMap(process -> process.info().totalCpuDuration())
        .map(cpu -> new ProcessStatus(resident, files, cpu));
  }

  private static long kibibytes(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
  }
}
