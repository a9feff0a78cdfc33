"""Exports logs, traces and metrics with the unmodified OpenTelemetry Python SDK.

usage: export.py URL TOKEN OUTPUT

OUTPUT receives one JSON object a line, {"table": ..., "row": {column: value}}: what the tables must
hold of what the SDK handed to its exporters. Timestamps are microseconds.
"""

import base64
import json
import logging
import sys

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    LogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ExponentialHistogram,
    Gauge,
    Histogram,
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
    Sum,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.span import TraceState

HAS_IS_REMOTE = 0x100
IS_REMOTE = 0x200
EVERY_KIND = {
    "text": 'Grüße, "quoted" \\ \n\t\u0001 日本 🦆',
    "empty": "",
    "yes": True,
    "long": -(2**63),
    "double": 637.704,
    "texts": ["a", "b"],
    "longs": [1, 2**63 - 1],
    "doubles": [0.5, -1.25],
    "flags": [True, False],
    "Ünïcode": "key",
}

rows = []
failures = []


def add(table, row):
    rows.append({"table": table, "row": row})


def value(v):
    if v is None:
        return "null"
    if isinstance(v, bytes):
        return json.dumps(base64.b64encode(v).decode())
    if isinstance(v, dict) or hasattr(v, "items"):
        return attributes(v)
    if isinstance(v, (list, tuple)):
        return "[" + ",".join(value(e) for e in v) + "]"
    return json.dumps(v, ensure_ascii=False)


def attributes(a):
    pairs = sorted((a or {}).items(), key=lambda pair: pair[0].encode())
    return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + value(v) for k, v in pairs) + "}"


def column(a):
    return attributes(a) if a else None


def body(v):
    if v is None or v == "":
        return None
    if isinstance(v, str):
        return v
    if isinstance(v, bytes):
        return base64.b64encode(v).decode()
    return value(v)


def micros(nanos):
    return nanos // 1000 if nanos else None


def hex_id(number, digits):
    return format(number, f"0{digits}x") if number else None


def service(resource):
    return {
        "service_name": resource.attributes.get("service.name"),
        "service_namespace": resource.attributes.get("service.namespace"),
        "service_instance_id": resource.attributes.get("service.instance.id"),
    }


def scoped(resource, scope):
    return {
        "resource_attributes": column(resource.attributes),
        "scope_name": scope.name or None,
        "scope_version": scope.version or None,
        "scope_attributes": column(scope.attributes),
    }


def add_log(readable):
    record = readable.log_record
    add(
        "otlp_logs",
        {
            "time_unix_nano": micros(record.timestamp),
            "observed_time_unix_nano": micros(record.observed_timestamp),
            "trace_id": hex_id(record.trace_id, 32),
            "span_id": hex_id(record.span_id, 16),
            **service(readable.resource),
            "severity_number": record.severity_number.value if record.severity_number else None,
            "severity_text": record.severity_text or None,
            "event_name": record.event_name or None,
            "body": body(record.body),
            **scoped(readable.resource, readable.instrumentation_scope),
            "log_attributes": column(record.attributes),
            "dropped_attributes_count": readable.dropped_attributes,
            "flags": int(record.trace_flags),
        },
    )


def flags(context):
    return HAS_IS_REMOTE | (IS_REMOTE if context and context.is_remote else 0)


def event(e):
    return (
        f'{{"attributes":{attributes(e.attributes)},'
        f'"dropped_attributes_count":{e.dropped_attributes},'
        f'"name":{value(e.name)},"time_unix_nano":{e.timestamp}}}'
    )


def link(k):
    return (
        f'{{"attributes":{attributes(k.attributes)},'
        f'"dropped_attributes_count":{k.dropped_attributes},"flags":{flags(k.context)},'
        f'"span_id":"{k.context.span_id:016x}","trace_id":"{k.context.trace_id:032x}",'
        f'"trace_state":""}}'  # this SDK's exporter leaves it out
    )


def add_span(span):
    context = span.get_span_context()
    state = ",".join(f"{k}={v}" for k, v in context.trace_state.items())
    kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER]
    add(
        "otlp_traces",
        {
            "start_time_unix_nano": micros(span.start_time),
            "duration_time_unix_nano": span.end_time - span.start_time,
            "trace_id": f"{context.trace_id:032x}",
            "span_id": f"{context.span_id:016x}",
            "parent_span_id": hex_id(span.parent.span_id, 16) if span.parent else None,
            "trace_state": state or None,
            **service(span.resource),
            "name": span.name,
            "kind": kinds.index(span.kind) + 1,
            "status_code": span.status.status_code.value,
            "status_status_message": span.status.description or None,
            **scoped(span.resource, span.instrumentation_scope),
            "span_attributes": column(span.attributes),
            "events_json": "[" + ",".join(map(event, span.events)) + "]" if span.events else None,
            "links_json": "[" + ",".join(map(link, span.links)) + "]" if span.links else None,
            "dropped_attributes_count": span.dropped_attributes,
            "dropped_events_count": span.dropped_events,
            "dropped_links_count": span.dropped_links,
            "flags": flags(span.parent),
        },
    )


def exemplar(e):
    return (
        f'{{"filtered_attributes":{attributes(e.filtered_attributes)},'
        f'"span_id":"{hex_id(e.span_id, 16) or ""}","time_unix_nano":{e.time_unix_nano},'
        f'"trace_id":"{hex_id(e.trace_id, 32) or ""}","value":{value(e.value)}}}'
    )


def add_point(resource, scope, metric, point):
    data = metric.data
    begin = {
        "time_unix_nano": micros(point.time_unix_nano),
        # This SDK's exporter leaves out the start of a gauge's point.
        "start_time_unix_nano": None
        if isinstance(data, Gauge)
        else micros(point.start_time_unix_nano),
        "name": metric.name,
        "description": metric.description or "",
        "unit": metric.unit or "",
    }
    exemplars = point.exemplars
    end = {
        **service(resource),
        **scoped(resource, scope),
        "metric_attributes": column(point.attributes),
        "flags": 0,
        "exemplars_json": "[" + ",".join(map(exemplar, exemplars)) + "]" if exemplars else None,
    }
    if isinstance(data, (Gauge, Sum)):
        number = {
            "int_value": point.value if isinstance(point.value, int) else None,
            "double_value": point.value if isinstance(point.value, float) else None,
        }
        if isinstance(data, Gauge):
            add("otlp_metrics_gauge", {**begin, **number, **end})
            return
        last = {
            "aggregation_temporality": int(data.aggregation_temporality),
            "is_monotonic": data.is_monotonic,
        }
        add("otlp_metrics_sum", {**begin, **number, **end, **last})
        return
    totals = {
        "count": point.count,
        "sum": float(point.sum),
        "min": float(point.min),
        "max": float(point.max),
    }
    last = {"aggregation_temporality": int(data.aggregation_temporality)}
    if isinstance(data, Histogram):
        buckets = {
            "bucket_counts": list(point.bucket_counts),
            "explicit_bounds": [float(bound) for bound in point.explicit_bounds],
        }
        add("otlp_metrics_histogram", {**begin, **totals, **buckets, **end, **last})
        return
    assert isinstance(data, ExponentialHistogram), data
    positive = point.positive if point.positive.bucket_counts else None
    negative = point.negative if point.negative.bucket_counts else None
    buckets = {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": 0.0,
        "positive_offset": positive.offset if positive else None,
        "positive_bucket_counts": list(positive.bucket_counts) if positive else None,
        "negative_offset": negative.offset if negative else None,
        "negative_bucket_counts": list(negative.bucket_counts) if negative else None,
    }
    add("otlp_metrics_exp_histogram", {**begin, **totals, **buckets, **end, **last})


class Logs(LogRecordExporter):
    def __init__(self, exporter):
        self.exporter = exporter

    def export(self, batch):
        for record in batch:
            add_log(record)
        result = self.exporter.export(batch)
        if result != LogRecordExportResult.SUCCESS:
            failures.append("logs")
        return result

    def shutdown(self):
        self.exporter.shutdown()

    def force_flush(self, timeout_millis=30000):
        return True


class Spans(SpanExporter):
    def __init__(self, exporter):
        self.exporter = exporter

    def export(self, spans):
        for span in spans:
            add_span(span)
        result = self.exporter.export(spans)
        if result != SpanExportResult.SUCCESS:
            failures.append("traces")
        return result

    def shutdown(self):
        self.exporter.shutdown()


class Metrics(MetricExporter):
    def __init__(self, exporter):
        super().__init__(
            exporter._preferred_temporality,
            exporter._preferred_aggregation,
        )
        self.exporter = exporter

    def export(self, metrics_data, timeout_millis=10000, **kwargs):
        for resource_metrics in metrics_data.resource_metrics:
            for scope_metrics in resource_metrics.scope_metrics:
                for metric in scope_metrics.metrics:
                    for point in metric.data.data_points:
                        add_point(
                            resource_metrics.resource, scope_metrics.scope, metric, point
                        )
        result = self.exporter.export(metrics_data, timeout_millis, **kwargs)
        if result != MetricExportResult.SUCCESS:
            failures.append("metrics")
        return result

    def force_flush(self, timeout_millis=10000):
        return True

    def shutdown(self, timeout_millis=30000, **kwargs):
        self.exporter.shutdown()


def make_spans(provider):
    tracer = provider.get_tracer("tracer", "1.2", attributes={"scope": "attribute"})
    remote = SpanContext(
        0x0AF7651916CD43DD8448EB211C80319C,
        0xB7AD6B7169203331,
        is_remote=True,
        trace_flags=TraceFlags(1),
        trace_state=TraceState([("vendor", "state")]),
    )
    parent = trace.set_span_in_context(trace.NonRecordingSpan(remote))
    with tracer.start_as_current_span(
        "root",
        context=parent,
        kind=SpanKind.SERVER,
        attributes=EVERY_KIND,
        links=[Link(remote, EVERY_KIND), Link(remote)],
    ) as root:
        root.add_event("event", EVERY_KIND)
        root.add_event("bare")
        root.set_status(Status(StatusCode.ERROR, "it broke"))
        for kind in SpanKind:
            with tracer.start_as_current_span(f"child {kind.name}", kind=kind) as child:
                if kind == SpanKind.CLIENT:
                    child.set_status(Status(StatusCode.OK))
        try:
            with tracer.start_as_current_span("failing"):
                raise ValueError("caught on purpose")
        except ValueError:
            pass
        return trace.set_span_in_context(root)


def make_logs(provider, context):
    logger = provider.get_logger("logger", "0.9")
    logger.emit(
        timestamp=1_700_000_000_123_456_789,
        context=context,
        severity_number=SeverityNumber.WARN2,
        severity_text="warning",
        event_name="device.app.lifecycle",
        body="within a span",
        attributes=EVERY_KIND,
    )
    for content in [None, "", 2**63 - 1, True, 637.704, b"\x00\x01\xff", ["a", 1], {"b": {"c": 2}, "a": 1}]:
        logger.emit(timestamp=1_700_000_000_000_000_000, body=content)
    handler = LoggingHandler(level=logging.NOTSET, logger_provider=provider)
    stdlib = logging.getLogger("stdlib")
    stdlib.setLevel(logging.DEBUG)
    stdlib.propagate = False
    stdlib.addHandler(handler)
    stdlib.debug("debug %s", "message")
    stdlib.error("with extra", extra={"order": 7})


def make_metrics(provider, context):
    meter = provider.get_meter("meter", "3")
    meter.create_gauge("gauge", unit="Cel", description="measured").set(21.5, EVERY_KIND)
    meter.create_gauge("int_gauge").set(-(2**63))
    meter.create_observable_gauge("observed", [lambda options: [Observation(float("inf"))]])
    meter.create_counter("counter").add(3, EVERY_KIND, context=context)
    meter.create_counter("float_counter").add(0.5)
    meter.create_up_down_counter("up_and_down").add(-7)
    histogram = meter.create_histogram("histogram", unit="s")
    histogram.record(0.25, EVERY_KIND, context=context)
    histogram.record(9000, EVERY_KIND)
    exponential = meter.create_histogram("exponential")
    for number in (0, 1, 2, 1000.5):
        exponential.record(number, EVERY_KIND)


def main(url, token, output):
    headers = {"Authorization": "Bearer " + token}
    resource = Resource.create(
        {
            "service.name": "python shop",
            "service.namespace": "e2e",
            "service.instance.id": "i-1",
            "host.cpus": 2,
        }
    )
    tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
    tracing.add_span_processor(
        BatchSpanProcessor(
            Spans(
                OTLPSpanExporter(
                    f"{url}/v1/traces", headers=headers, compression=Compression.Gzip
                )
            )
        )
    )
    logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
    logs.add_log_record_processor(
        BatchLogRecordProcessor(Logs(OTLPLogExporter(f"{url}/v1/logs", headers=headers)))
    )
    metrics = MeterProvider(
        resource=resource,
        shutdown_on_exit=False,
        metric_readers=[
            PeriodicExportingMetricReader(
                Metrics(OTLPMetricExporter(f"{url}/v1/metrics", headers=headers)),
                export_interval_millis=3_600_000,
            )
        ],
        views=[
            View(
                instrument_name="exponential",
                aggregation=ExponentialBucketHistogramAggregation(),
            )
        ],
    )
    context = make_spans(tracing)
    make_logs(logs, context)
    make_metrics(metrics, context)
    for provider in (tracing, logs, metrics):
        provider.force_flush()
        provider.shutdown()
    with open(output, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    if failures:
        sys.exit("failed exports: " + ", ".join(failures))


if __name__ == "__main__":
    main(*sys.argv[1:])
