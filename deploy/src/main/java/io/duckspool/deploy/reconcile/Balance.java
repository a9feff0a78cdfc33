package io.duckspool.deploy.reconcile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of the rows of a load. All numbers are rows.
 *
 * <pre>
 * received = accepted + the sum of rejected
 * accepted = committed + quarantined + pending + (lost, but for those of requests partly there)
 * </pre>
 *
 * @param received of all requests that were sent and noted
 * @param accepted of requests that got a 2xx
 * @param rejected of all others, by status or {@code no_reply}
 * @param committed accepted, and in the tables
 * @param quarantined accepted, and in quarantine
 * @param pending accepted, and behind the committed index: not committed yet
 * @param lost accepted and nowhere; or the missing rest of a request that is partly there
 * @param doubled in the tables beside the first of their sequence number
 * @param unexpected in the tables though refused with a 4xx, or never sent
 * @param storedUnanswered in the tables, of requests that got a 5xx or no reply: that may be
 * @param examples the first faults, in words
 */
public record Balance(
    long received,
    long accepted,
    Map<String, Long> rejected,
    long committed,
    long quarantined,
    long pending,
    long lost,
    long doubled,
    long unexpected,
    long storedUnanswered,
    List<String> examples) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public Balance {
    rejected = Map.copyOf(rejected);
    examples = List.copyOf(examples);
  }

  /** Whether nothing is lost, doubled, or there without having been taken. */
  public boolean isEven() {
    return lost == 0 && doubled == 0 && unexpected == 0;
  }

  /** As a JSON object. */
  public ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("received", received);
    json.put("accepted", accepted);
    ObjectNode reasons = json.putObject("rejected");
    new TreeMap<>(rejected).forEach(reasons::put);
    json.put("committed", committed);
    json.put("quarantined", quarantined);
    json.put("pending", pending);
    json.put("lost", lost);
    json.put("doubled", doubled);
    json.put("unexpected", unexpected);
    json.put("stored_unanswered", storedUnanswered);
    examples.forEach(json.putArray("examples")::add);
    return json;
  }
}
