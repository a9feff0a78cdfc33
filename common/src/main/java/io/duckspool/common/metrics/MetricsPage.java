package io.duckspool.common.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The page that {@code /metrics} answers with: what a process counts, and the JVM's own. Values are
 * read when somebody asks, so that counting costs what the counters cost. Thread-safe.
 */
public final class MetricsPage {

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ExpositionFormats formats = ExpositionFormats.init();

  /**
   * A page of the JVM's metrics and others.
   *
   * @param source adds the values of this moment; called by any thread, once a page
   */
  public MetricsPage(Consumer<Families> source) {
    JvmMetrics.builder().register(registry);
    MultiCollector collector = () -> collect(source);
    registry.register(collector);
  }

  private static MetricSnapshots collect(Consumer<Families> source) {
    Families families = new Families();
    source.accept(families);
    return families.snapshots();
  }

  /**
   * A page.
   *
   * @param body owned by the caller
   */
  public record Page(String contentType, byte[] body) {}

  /**
   * The page as of now.
   *
   * @param accept the {@code Accept} header, which decides between the Prometheus text format and
   *     OpenMetrics; null: the former
   */
  public Page render(@Nullable String accept) {
    ExpositionFormatWriter writer = formats.findWriter(accept);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writer.write(out, registry.scrape());
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory can't fail to be written", e);
    }
    return new Page(writer.getContentType(), out.toByteArray());
  }
}
