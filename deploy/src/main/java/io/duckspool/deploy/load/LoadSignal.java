package io.duckspool.deploy.load;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.Signal;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a request of a load is made of; {@link #METRICS} takes the five kinds of point in turn. */
public enum LoadSignal {
  LOGS(Signal.LOGS),
  TRACES(Signal.TRACES),
  METRICS(Signal.METRICS),
  GAUGE(Signal.METRICS),
  SUM(Signal.METRICS),
  HISTOGRAM(Signal.METRICS),
  EXPONENTIAL_HISTOGRAM(Signal.METRICS),
  SUMMARY(Signal.METRICS);

  private final Signal signal;

  LoadSignal(Signal signal) {
    this.signal = signal;
  }

  /** The path of its endpoint, below the base URL. */
  public String path() {
    return signal.path();
  }

  /** As the command line has it: {@code exponential-histogram}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Reads what {@link #text} wrote; {@link IllegalArgumentException} shows the choices. */
  public static LoadSignal parse(String text) {
    return Arrays.stream(values())
        .filter(signal -> signal.text().equals(text.strip()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a signal is one of "
                        + Arrays.stream(values())
                            .map(LoadSignal::text)
                            .collect(Collectors.joining(", "))
                        + ", got \""
                        + text
                        + "\""));
  }

  /** An export request whose records carry the stamps 0, 1, 2 and so on, in this order. */
  Message message(Stamp stamp, int records, int bodyBytes) {
    return switch (this) {
      case LOGS -> LogRequests.of(stamp, records, bodyBytes);
      case TRACES -> SpanRequests.of(stamp, records);
      case METRICS, GAUGE, SUM, HISTOGRAM, EXPONENTIAL_HISTOGRAM, SUMMARY ->
          MetricRequests.of(this, stamp, records);
    };
  }
}
