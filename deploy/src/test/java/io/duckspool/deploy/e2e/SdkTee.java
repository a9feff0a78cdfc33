package io.duckspool.deploy.e2e;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between the SDK and its own exporters: notes what passes, and how each export ended. */
final class SdkTee {
  private final SdkRows rows = new SdkRows();
  private final List<CompletableResultCode> exports = new CopyOnWriteArrayList<>();

  /** What the tables must hold of all that passed. */
  synchronized Rows rows() {
    return rows.rows();
  }

  List<CompletableResultCode> exports() {
    return exports;
  }

  LogRecordExporter logs(LogRecordExporter exporter) {
    return new LogRecordExporter() {
      @Override
      public CompletableResultCode export(Collection<LogRecordData> logs) {
        synchronized (SdkTee.this) {
          logs.forEach(rows::addLog);
        }
        return noted(exporter.export(logs));
      }

      @Override
      public CompletableResultCode flush() {
        return exporter.flush();
      }

      @Override
      public CompletableResultCode shutdown() {
        return exporter.shutdown();
      }
    };
  }

  SpanExporter spans(SpanExporter exporter) {
    return new SpanExporter() {
      @Override
      public CompletableResultCode export(Collection<SpanData> spans) {
        synchronized (SdkTee.this) {
          spans.forEach(rows::addSpan);
        }
        return noted(exporter.export(spans));
      }

      @Override
      public CompletableResultCode flush() {
        return exporter.flush();
      }

      @Override
      public CompletableResultCode shutdown() {
        return exporter.shutdown();
      }
    };
  }

  MetricExporter metrics(MetricExporter exporter) {
    return new MetricExporter() {
      @Override
      public AggregationTemporality getAggregationTemporality(InstrumentType type) {
        return exporter.getAggregationTemporality(type);
      }

      @Override
      public CompletableResultCode export(Collection<MetricData> metrics) {
        synchronized (SdkTee.this) {
          metrics.forEach(rows::addMetric);
        }
        return noted(exporter.export(metrics));
      }

      @Override
      public CompletableResultCode flush() {
        return exporter.flush();
      }

      @Override
      public CompletableResultCode shutdown() {
        return exporter.shutdown();
      }
    };
  }

  private CompletableResultCode noted(CompletableResultCode export) {
    exports.add(export);
    return export;
  }
}
