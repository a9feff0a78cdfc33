package io.duckspool.deploy.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What a load came to.
 *
 * @param seconds from the first request to the last answer
 * @param requests that were sent, each counted once however often it was sent
 * @param acceptedRows records of the requests that got a 2xx
 * @param acceptedBytes of their bodies as sent
 * @param acceptedDecodedBytes of their bodies before they were compressed
 * @param latency of every sending that got a reply, whatever its status
 * @param answers how many sendings got a status; those without a reply are {@code none}
 * @param resends sendings of a request after its first
 * @param connects connections that were opened
 * @param refusedConnects attempts to open one that failed; no request was drawn for them
 */
public record LoadReport(
    double seconds,
    long requests,
    long acceptedRequests,
    long acceptedRows,
    long acceptedBytes,
    long acceptedDecodedBytes,
    Latency latency,
    Map<String, Long> answers,
    long resends,
    long connects,
    long refusedConnects) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Milliseconds, to three digits; of a load without replies all are 0. */
  public record Latency(double p50, double p99, double p999, double max) {
    static Latency of(Histogram micros) {
      return new Latency(
          millis(micros.getValueAtPercentile(50)),
          millis(micros.getValueAtPercentile(99)),
          millis(micros.getValueAtPercentile(99.9)),
          millis(micros.getMaxValue()));
    }

    private static double millis(long micros) {
      return micros / 1e3;
    }
  }

  /** Records of accepted requests, a second. */
  public double rowsPerSecond() {
    return perSecond(acceptedRows);
  }

  /** As a JSON object; megabytes are 10^6 bytes. */
  public ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("seconds", rounded(seconds));
    json.put("requests", requests);
    json.put("accepted_requests", acceptedRequests);
    json.put("accepted_rows", acceptedRows);
    json.put("rows_per_s", rounded(rowsPerSecond()));
    json.put("requests_per_s", rounded(perSecond(requests)));
    json.put("mb_per_s", rounded(perSecond(acceptedBytes) / 1e6));
    json.put("decoded_mb_per_s", rounded(perSecond(acceptedDecodedBytes) / 1e6));
    json.putObject("latency_ms")
        .put("p50", latency.p50())
        .put("p99", latency.p99())
        .put("p99.9", latency.p999())
        .put("max", latency.max());
    ObjectNode statuses = json.putObject("answers");
    new TreeMap<>(answers).forEach(statuses::put);
    json.put("resends", resends);
    json.put("connects", connects);
    json.put("refused_connects", refusedConnects);
    return json;
  }

  private double perSecond(double count) {
    return seconds > 0 ? count / seconds : 0;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e3) / 1e3;
  }
}
