package io.duckspool.common.otlp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Hand-made rows of all tables, and what each column must hold. Stands in the parser's package,
 * whose flyweights nobody else can fill. Every third row is as empty, every third as full, every
 * third as odd as a row can be.
 */
public final class SampleRows {

  private static final String ODD = "\u0000\u0001\"'\\ \u00e9\u20ac\ud83d\ude00 \uffff";

  private final ResourceFields resource = new ResourceFields();
  private final ScopeFields scope = new ScopeFields();
  private final List<List<Object>> written = new ArrayList<>();
  private List<Object> row = new ArrayList<>();
  private int number;

  /** Writes rows {@code [from, to)} of a table, and returns what its columns must hold. */
  public static List<List<Object>> write(OtlpTable table, int from, int to, OtlpVisitor visitor) {
    SampleRows rows = new SampleRows();
    for (int i = from; i < to; i++) {
      rows.number = i;
      rows.row = new ArrayList<>();
      rows.one(table, visitor);
      rows.written.add(rows.row);
    }
    return rows.written;
  }

  private void one(OtlpTable table, OtlpVisitor visitor) {
    switch (table) {
      case LOGS -> log(visitor);
      case TRACES -> span(visitor);
      case METRICS_GAUGE -> gauge(visitor);
      case METRICS_SUM -> sum(visitor);
      case METRICS_HISTOGRAM -> histogram(visitor);
      case METRICS_EXP_HISTOGRAM -> expHistogram(visitor);
      case METRICS_SUMMARY -> summary(visitor);
    }
  }

  private void log(OtlpVisitor visitor) {
    LogFields log = new LogFields();
    log.hasTime = !empty();
    log.timeMicros = nullable(micros(0));
    log.hasObservedTime = !empty();
    log.observedTimeMicros = nullable(micros(1));
    text(log.traceId, "trace");
    text(log.spanId, "span");
    service();
    log.severityNumber = nullableInt(odd() ? Integer.MIN_VALUE : number + 1);
    text(log.severityText, "severity");
    text(log.eventName, "event");
    text(log.body, "body");
    scope();
    text(log.attributes, "attributes");
    log.droppedAttributesCount = integer(odd() ? -1 : number);
    log.flags = integer(number % 7);
    visitor.onLog(resource, scope, log);
  }

  private void span(OtlpVisitor visitor) {
    SpanFields span = new SpanFields();
    span.startTimeMicros = bigint(micros(0));
    span.durationNanos = bigint(odd() ? Long.MAX_VALUE : number);
    always(span.traceId, "trace");
    always(span.spanId, "span");
    text(span.parentSpanId, "parent");
    text(span.traceState, "state");
    service();
    always(span.name, empty() ? null : "name");
    span.kind = nullableInt(odd() ? 99 : 3);
    span.hasStatus = !empty();
    span.statusCode = nullableInt(number % 3);
    text(span.statusMessage, "message");
    scope();
    text(span.attributes, "attributes");
    text(span.eventsJson, "events");
    text(span.linksJson, "links");
    span.droppedAttributesCount = integer(number);
    span.droppedEventsCount = integer(number + 1);
    span.droppedLinksCount = integer(number + 2);
    span.flags = integer(odd() ? Integer.MIN_VALUE : 1);
    visitor.onSpan(resource, scope, span);
  }

  private void gauge(OtlpVisitor visitor) {
    GaugeFields point = new GaugeFields();
    numberPoint(point);
    visitor.onGauge(resource, scope, point);
  }

  private void sum(OtlpVisitor visitor) {
    SumFields point = new SumFields();
    numberPoint(point);
    point.aggregationTemporality = integer(number % 3);
    point.isMonotonic = number % 2 == 0;
    row.add(point.isMonotonic);
    visitor.onSum(resource, scope, point);
  }

  private void histogram(OtlpVisitor visitor) {
    HistogramFields point = new HistogramFields();
    metric(point);
    point.count = bigint(odd() ? Long.MAX_VALUE : number);
    point.hasSum = point.hasMin = point.hasMax = !empty();
    point.sum = decimal(odd() ? Double.NaN : number + 0.5);
    point.min = decimal(odd() ? Double.NEGATIVE_INFINITY : -0.0);
    point.max = decimal(odd() ? Double.POSITIVE_INFINITY : Double.MIN_VALUE);
    row.add(fill(point.bucketCounts, listSize()));
    row.add(fill(point.explicitBounds, Math.max(0, listSize() - 1)));
    point(point);
    point.aggregationTemporality = integer(2);
    visitor.onHistogram(resource, scope, point);
  }

  private void expHistogram(OtlpVisitor visitor) {
    ExpHistogramFields point = new ExpHistogramFields();
    metric(point);
    point.count = bigint(number);
    point.hasSum = point.hasMin = point.hasMax = !empty();
    point.sum = decimal(number / 3.0);
    point.min = decimal(Double.MAX_VALUE);
    point.max = decimal(1e-300);
    point.scale = integer(odd() ? -10 : 20);
    point.zeroCount = bigint(number);
    point.zeroThreshold = 1e-9;
    row.add(1e-9);
    point.hasPositive = !empty();
    point.positiveOffset = nullableInt(-5);
    List<Object> positive = fill(point.positiveBucketCounts, listSize());
    row.add(empty() ? null : positive);
    point.hasNegative = odd();
    point.negativeOffset = 7;
    row.add(odd() ? 7 : null);
    List<Object> negative = fill(point.negativeBucketCounts, 2);
    row.add(odd() ? negative : null);
    point(point);
    point.aggregationTemporality = integer(1);
    visitor.onExpHistogram(resource, scope, point);
  }

  private void summary(OtlpVisitor visitor) {
    SummaryFields point = new SummaryFields();
    metric(point);
    point.count = bigint(number);
    point.sum = number * 1.25;
    row.add(point.sum);
    row.add(fill(point.quantiles, listSize()));
    row.add(fill(point.quantileValues, listSize()));
    service();
    scope();
    text(point.attributes, "attributes");
    point.flags = integer(0);
    visitor.onSummary(resource, scope, point);
  }

  private void numberPoint(NumberFields point) {
    metric(point);
    point.hasIntValue = number % 3 == 1;
    point.intValue = Long.MIN_VALUE + number;
    row.add(point.hasIntValue ? point.intValue : null);
    point.hasDoubleValue = odd();
    point.doubleValue = number % 2 == 0 ? Double.NaN : number / 7.0;
    row.add(point.hasDoubleValue ? point.doubleValue : null);
    point(point);
  }

  private void metric(PointFields point) {
    point.timeMicros = bigint(micros(2));
    point.hasStartTime = !empty();
    point.startTimeMicros = nullable(micros(3));
    always(point.name, "name");
    always(point.description, empty() ? null : "description");
    always(point.unit, empty() ? null : "unit");
  }

  private void point(PointFields point) {
    service();
    scope();
    text(point.attributes, "attributes");
    point.flags = integer(number % 2);
    text(point.exemplarsJson, "exemplars");
  }

  private void service() {
    always(resource.serviceName, "service");
    text(resource.serviceNamespace, "namespace");
    text(resource.serviceInstanceId, "instance");
  }

  private void scope() {
    text(resource.attributes, "resource");
    text(scope.name, "scope");
    text(scope.version, "version");
    text(scope.attributes, "scope attributes");
  }

  private boolean empty() {
    return number % 3 == 0;
  }

  private boolean odd() {
    return number % 3 == 2;
  }

  private int listSize() {
    return empty() ? 0 : number % 40;
  }

  private long micros(int column) {
    return odd() ? Long.MAX_VALUE / 1000 : 1_700_000_000_123_456L + number * 1_000_003L + column;
  }

  private long nullable(long value) {
    row.add(empty() ? null : value);
    return empty() ? 0 : value;
  }

  private int nullableInt(int value) {
    row.add(empty() ? null : value);
    return empty() ? 0 : value;
  }

  private long bigint(long value) {
    row.add(value);
    return value;
  }

  private int integer(int value) {
    row.add(value);
    return value;
  }

  private double decimal(double value) {
    row.add(empty() ? null : value);
    return value;
  }

  private void text(Utf8Slice slice, String column) {
    if (empty()) {
      slice.setNull();
      row.add(null);
    } else {
      always(slice, column);
    }
  }

  /** Never NULL; empty for a null column name. */
  private void always(Utf8Slice slice, String column) {
    String value = column == null ? "" : column + "-" + number + (odd() ? ODD : "");
    byte[] bytes = ("<<" + value + ">>").getBytes(StandardCharsets.UTF_8);
    slice.set(bytes, 2, bytes.length - 4);
    row.add(value);
  }

  private List<Object> fill(LongList list, int size) {
    Object[] values = new Object[size];
    for (int i = 0; i < size; i++) {
      long value = i == 0 ? Long.MAX_VALUE : (long) number * i;
      list.add(value);
      values[i] = value;
    }
    return Arrays.asList(values);
  }

  private List<Object> fill(DoubleList list, int size) {
    Object[] values = new Object[size];
    for (int i = 0; i < size; i++) {
      double value = i == 0 ? Double.NEGATIVE_INFINITY : number * 0.1 * i;
      list.add(value);
      values[i] = value;
    }
    return Arrays.asList(values);
  }
}
