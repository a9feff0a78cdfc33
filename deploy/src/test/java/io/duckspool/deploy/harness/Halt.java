package io.duckspool.deploy.harness;

import io.duckspool.common.fault.CrashPoint;
import io.duckspool.common.otlp.OtlpTable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A crash point, and which part of a step or which time it is, as {@link
 * CrashPoint#ENVIRONMENT_VARIABLE} has it.
 *
 * @param which {@code @part}, {@code :time}, or empty for the first time
 */
public record Halt(CrashPoint point, String which) {
  /** The first time at each of these. */
  public static List<Halt> at(CrashPoint... points) {
    return Arrays.stream(points).map(point -> new Halt(point, "")).toList();
  }

  /** The so many-th time. */
  public static Halt at(CrashPoint point, int time) {
    return new Halt(point, ":" + time);
  }

  /** Behind each table of a seal. */
  public static List<Halt> atEachTable(CrashPoint point) {
    return Arrays.stream(OtlpTable.values())
        .map(table -> new Halt(point, "@" + table.tableName()))
        .toList();
  }

  /** Behind each file of a seal, if that has one for each table. */
  public static List<Halt> atEachFile(CrashPoint point) {
    return IntStream.rangeClosed(1, OtlpTable.values().length)
        .mapToObj(file -> new Halt(point, "@" + file))
        .toList();
  }

  /** All of some lists. */
  @SafeVarargs
  public static List<Halt> all(List<Halt>... lists) {
    return Stream.of(lists).flatMap(List::stream).toList();
  }

  /** What the environment of a process says that is to halt there. */
  @Override
  public String toString() {
    return point + which;
  }
}
