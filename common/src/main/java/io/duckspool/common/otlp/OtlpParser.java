package io.duckspool.common.otlp;

import org.jspecify.annotations.Nullable;

/**
 * Validates export requests, counts their rows, and hands the rows to a visitor. Whether the
 * visitor wants rows or not, exactly the same payloads are accepted, with the same counts: JSON is
 * turned into protobuf first, and there is one walker for all.
 *
 * <p>Used by one thread at a time; its buffers are reused from request to request, so a parser is
 * best kept with its visitor.
 */
public final class OtlpParser {

  /** A larger buffer for transcoded JSON is let go after its request. */
  private static final int MAX_RETAINED_BYTES = 4 << 20;

  private static final int LARGE_PAYLOAD_BYTES = 1 << 20;

  private final WorkingMemory memory = new WorkingMemory();
  private final RowMeter meter;
  private final WireReader in;
  private final SharedReader shared;
  private final RequestWalker walker;
  private final JsonTranscoder transcoder;
  private final ItemWalker[] items = new ItemWalker[Signal.values().length];
  private @Nullable OtlpVisitor itemsVisitor;

  /** Keeps payloads within {@code limits}; promotes nothing. */
  public OtlpParser(OtlpLimits limits) {
    this(limits, PromotedKeys.NONE);
  }

  /**
   * Keeps payloads within {@code limits}. The text of promoted attributes doesn't count: what one
   * parser accepts is accepted by all.
   */
  public OtlpParser(OtlpLimits limits, PromotedKeys promoted) {
    this.meter = new RowMeter(limits);
    this.in = new WireReader(limits.maxNesting());
    this.shared = new SharedReader(in, memory, promoted);
    this.walker = new RequestWalker(in, shared);
    this.transcoder = new JsonTranscoder(limits.maxNesting(), memory);
  }

  /**
   * Parses one export request, decompressed already. Never blocks.
   *
   * @param bytes borrowed until return
   * @param budget asked for the memory that parsing takes beside {@code bytes}, and given all of it
   *     back; rows that a visitor wants are not counted
   * @throws MalformedOtlpException if it is not a valid request of {@code signal}
   * @throws OtlpTooLargeException if it would become more rows or more text than the limits allow
   * @throws BudgetExhaustedException if the budget refuses; this parser can't be used again then
   */
  public OtlpCounts parse(
      Signal signal,
      PayloadFormat format,
      byte[] bytes,
      int offset,
      int length,
      OtlpVisitor visitor,
      ByteBudget budget)
      throws MalformedOtlpException, OtlpTooLargeException, BudgetExhaustedException {
    memory.begin(budget);
    try {
      return parse(signal, format, bytes, offset, length, visitor);
    } catch (WorkingMemory.Exhausted e) {
      throw new BudgetExhaustedException(String.valueOf(e.getMessage()));
    } finally {
      memory.end();
    }
  }

  /**
   * As above, with a budget that grants everything.
   *
   * @param bytes borrowed until return
   */
  public OtlpCounts parse(
      Signal signal,
      PayloadFormat format,
      byte[] bytes,
      int offset,
      int length,
      OtlpVisitor visitor)
      throws MalformedOtlpException, OtlpTooLargeException {
    meter.reset();
    ItemWalker walkers = itemWalker(signal, visitor);
    try {
      switch (format) {
        case PROTOBUF -> walkProtobuf(signal, bytes, offset, length, walkers);
        case JSON -> walkJson(signal, bytes, offset, length, walkers);
        case NDJSON -> walkLines(signal, bytes, offset, length, walkers);
      }
    } finally {
      if (length > LARGE_PAYLOAD_BYTES || memory.reservedBytes() > LARGE_PAYLOAD_BYTES) {
        shared.shrink();
        walkers.shrink();
        transcoder.shrink(MAX_RETAINED_BYTES);
      }
    }
    return meter.counts();
  }

  private void walkProtobuf(Signal signal, byte[] bytes, int offset, int length, ItemWalker walkers)
      throws MalformedOtlpException, OtlpTooLargeException {
    in.reset(bytes, offset, length);
    try {
      walker.walk(walkers);
    } catch (WireException e) {
      String path = FaultPath.find(OtlpSchema.request(signal), bytes, offset, length, e, false);
      throw new MalformedOtlpException(
          "byte "
              + (e.offset() - offset)
              + (path.isEmpty() ? "" : ", " + path)
              + ": "
              + e.getMessage());
    }
  }

  private void walkJson(Signal signal, byte[] bytes, int offset, int length, ItemWalker walkers)
      throws MalformedOtlpException, OtlpTooLargeException {
    int end = offset + length;
    int start = offset + JsonLines.byteOrderMark(bytes, offset, end);
    JsonLines.checkUtf8(bytes, start, end);
    if (!transcoder.transcode(signal, bytes, start, end - start, 0)) {
      throw new MalformedOtlpException("the JSON body is empty; a request without items is {}");
    }
    walkTranscoded(signal, walkers);
  }

  private void walkLines(Signal signal, byte[] bytes, int offset, int length, ItemWalker walkers)
      throws MalformedOtlpException, OtlpTooLargeException {
    int end = offset + length;
    int start = offset + JsonLines.byteOrderMark(bytes, offset, end);
    JsonLines.checkUtf8(bytes, start, end);
    boolean hasRequest = false;
    int line = 1;
    while (start < end) {
      int lineEnd = JsonLines.endOfLine(bytes, start, end);
      if (transcoder.transcode(signal, bytes, start, lineEnd - start, line)) {
        hasRequest = true;
        walkTranscoded(signal, walkers);
      }
      start = lineEnd + 1;
      line++;
    }
    if (!hasRequest) {
      throw new MalformedOtlpException("the NDJSON body has no line with a request");
    }
  }

  private void walkTranscoded(Signal signal, ItemWalker walkers)
      throws MalformedOtlpException, OtlpTooLargeException {
    in.reset(transcoder.bytes(), 0, transcoder.length());
    try {
      walker.walk(walkers);
    } catch (WireException e) {
      String path =
          FaultPath.find(
              OtlpSchema.request(signal), transcoder.bytes(), 0, transcoder.length(), e, true);
      // A rule of a whole message: the place where that begins, at its length.
      String place = transcoder.locate(e.field() == null ? e.offset() : e.offset() - 1);
      throw new MalformedOtlpException(
          place + (path.isEmpty() ? "" : ", " + path) + ": " + e.getMessage());
    }
  }

  private ItemWalker itemWalker(Signal signal, OtlpVisitor visitor) {
    if (visitor != itemsVisitor) {
      items[Signal.LOGS.ordinal()] = new LogWalker(in, shared, meter, visitor);
      items[Signal.TRACES.ordinal()] = new SpanWalker(in, shared, meter, visitor);
      items[Signal.METRICS.ordinal()] = new MetricWalker(in, shared, meter, visitor);
      itemsVisitor = visitor;
    }
    return items[signal.ordinal()];
  }
}
