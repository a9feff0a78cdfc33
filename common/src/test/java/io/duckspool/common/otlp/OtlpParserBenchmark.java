package io.duckspool.common.otlp;

import com.github.luben.zstd.Zstd;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;

/**
 * Requests a second of CPU time, on one thread, so that other load disturbs less; with 512 log
 * records each. Run with the class path of the tests: {@code java -cp …
 * io.duckspool.common.otlp.OtlpParserBenchmark}.
 */
public final class OtlpParserBenchmark {

  private static final int RECORDS = 512;
  private static final long ROUND_NANOS = 1_000_000_000L;
  private static final int ROUNDS = 6;

  private OtlpParserBenchmark() {}

  /** Takes every column, and keeps nothing. */
  private static final class TouchingVisitor extends DroppingVisitor {
    private long sum;

    @Override
    public void onLog(ResourceFields resource, ScopeFields scope, LogFields log) {
      sum +=
          log.timeMicros()
              + log.body().length()
              + log.attributes().length()
              + log.traceId().length()
              + log.spanId().length()
              + resource.attributes().length()
              + scope.name().length();
    }
  }

  public static void main(String[] args) throws Exception {
    for (PayloadFormat format : List.of(PayloadFormat.PROTOBUF, PayloadFormat.JSON)) {
      byte[] request = OtlpSamples.write(OtlpSamples.typicalLogs(RECORDS, 1), format);
      System.out.printf(
          "%s: %d bytes, %d a record%n", format, request.length, request.length / RECORDS);
      measure(format + " count", format, request, OtlpVisitor.COUNTING);
      measure(format + " rows", format, request, new TouchingVisitor());
    }
    byte[] protobuf =
        OtlpSamples.write(OtlpSamples.typicalLogs(RECORDS, 1), PayloadFormat.PROTOBUF);
    byte[] zstd = Zstd.compress(protobuf);
    repeat(
        "zstd decode",
        () -> {
          try (BodyDecoder decoder =
              new BodyDecoder(ContentCoding.ZSTD, 16 << 20, ByteBudget.UNLIMITED)) {
            decoder.feed(zstd, 0, zstd.length);
            decoder.finish();
            return decoder.length();
          }
        });
  }

  private static void measure(
      String name, PayloadFormat format, byte[] request, OtlpVisitor visitor) throws Exception {
    OtlpParser parser = new OtlpParser(OtlpLimits.DEFAULT);
    repeat(
        name, () -> parser.parse(Signal.LOGS, format, request, 0, request.length, visitor).rows());
  }

  private interface Task {
    long run() throws Exception;
  }

  private static void repeat(String name, Task task) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] perSecond = new long[ROUNDS];
    long allocated = 0;
    long total = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long bytesBefore = threads.getCurrentThreadAllocatedBytes();
      long start = threads.getCurrentThreadCpuTime();
      long count = 0;
      while (threads.getCurrentThreadCpuTime() - start < ROUND_NANOS) {
        total += task.run();
        count++;
      }
      perSecond[round] = count * ROUND_NANOS / (threads.getCurrentThreadCpuTime() - start);
      allocated = (threads.getCurrentThreadAllocatedBytes() - bytesBefore) / count / RECORDS;
    }
    long[] warm = Arrays.copyOfRange(perSecond, 2, ROUNDS);
    Arrays.sort(warm);
    System.out.printf(
        "%-16s %d to %d requests/s, %d bytes allocated a row (%d)%n",
        name, warm[0], warm[warm.length - 1], allocated, total % 10);
  }
}
