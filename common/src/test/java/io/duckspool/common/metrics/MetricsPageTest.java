package io.duckspool.common.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class MetricsPageTest {

  private final AtomicLong rows = new AtomicLong(41);
  private final MetricsPage page =
      new MetricsPage(
          families -> {
            families.counter("x_rows", "Rows.", rows.get(), "server", "otlp:a:1", "kind", "b\"c");
            families.counter("x_rows", "Rows.", 2, "server", "otlp:a:2", "kind", "");
            families.gauge("x_bytes", "Bytes.", 1.5);
          });

  private static String text(MetricsPage.Page page) {
    return new String(page.body(), StandardCharsets.UTF_8);
  }

  @Test
  void values_areThoseOfTheMoment_inTheTextFormat_besideTheJvms() {
    rows.incrementAndGet();
    MetricsPage.Page rendered = page.render(null);
    assertEquals("text/plain; version=0.0.4; charset=utf-8", rendered.contentType());
    String text = text(rendered);
    for (String line :
        new String[] {
          "# HELP x_rows_total Rows.",
          "# TYPE x_rows_total counter",
          "x_rows_total{kind=\"b\\\"c\",server=\"otlp:a:1\"} 42.0",
          "x_rows_total{kind=\"\",server=\"otlp:a:2\"} 2.0",
          "# TYPE x_bytes gauge",
          "x_bytes 1.5",
          "# TYPE jvm_memory_used_bytes gauge",
          "# TYPE process_cpu_seconds_total counter"
        }) {
      assertTrue(text.contains(line + "\n"), () -> line + " is not in\n" + text);
    }
    rows.incrementAndGet();
    assertTrue(text(page.render(null)).contains("server=\"otlp:a:1\"} 43.0\n"));
  }

  @Test
  void durationsAreCountedInBuckets_eachAtItsBound() {
    DurationHistogram durations = new DurationHistogram();
    for (long nanos : new long[] {0, 5_000_000, 5_000_001, 60_000_000_000L, 60_000_000_001L}) {
      durations.record(nanos);
    }
    String text =
        text(
            new MetricsPage(
                    families ->
                        families.histogram("y_seconds", "Time.", durations, "server", "otlp:a:1"))
                .render(null));
    for (String line :
        new String[] {
          "# TYPE y_seconds histogram",
          "y_seconds_bucket{server=\"otlp:a:1\",le=\"0.005\"} 2",
          "y_seconds_bucket{server=\"otlp:a:1\",le=\"0.01\"} 3",
          "y_seconds_bucket{server=\"otlp:a:1\",le=\"60.0\"} 4",
          "y_seconds_bucket{server=\"otlp:a:1\",le=\"+Inf\"} 5",
          "y_seconds_count{server=\"otlp:a:1\"} 5",
          "y_seconds_sum{server=\"otlp:a:1\"} 120.010000002"
        }) {
      assertTrue(text.contains(line + "\n"), () -> line + " is not in\n" + text);
    }
  }

  @Test
  void whoAsksForOpenMetrics_getsIt() {
    MetricsPage.Page rendered = page.render("application/openmetrics-text; version=1.0.0");
    assertTrue(rendered.contentType().startsWith("application/openmetrics-text"));
    assertTrue(text(rendered).endsWith("# EOF\n"));
  }
}
