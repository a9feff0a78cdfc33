package io.duckspool.common.config;

import java.lang.management.ManagementFactory;

/**
 * What computed defaults depend on.
 *
 * @param maxHeapBytes the largest heap of this process
 * @param memoryBytes the memory of the machine, or of the container
 * @param cores processors this process may use
 */
public record Machine(long maxHeapBytes, long memoryBytes, int cores) {

  /** The machine, and the process, this code runs in. */
  public static Machine current() {
    long memoryBytes =
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : Runtime.getRuntime().maxMemory() * 2;
    return new Machine(
        Runtime.getRuntime().maxMemory(), memoryBytes, Runtime.getRuntime().availableProcessors());
  }
}
