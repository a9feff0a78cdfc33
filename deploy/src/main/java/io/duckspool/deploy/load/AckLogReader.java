package io.duckspool.deploy.load;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Reads what {@link AckLogWriter} wrote, line by line: no more than a line is in memory. A last
 * line without its end, as a killed load leaves it, is passed over.
 */
public final class AckLogReader {
  private final Path file;
  private final Stamp stamp;
  private final int recordsPerRequest;

  private AckLogReader(Path file, Stamp stamp, int recordsPerRequest) {
    this.file = file;
    this.stamp = stamp;
    this.recordsPerRequest = recordsPerRequest;
  }

  /**
   * A line.
   *
   * @param request number of the request
   * @param status of the reply; empty: no reply was seen
   * @param index where the entry stands in the spool, {@code segment-sequence}, if the reply said
   */
  public record Line(long request, OptionalInt status, Optional<String> index) {}

  /** The file is no ack log; the message names the file, the line and what is wrong. */
  public static final class BadAckLogException extends Exception {
    private static final long serialVersionUID = 1L;

    BadAckLogException(String message) {
      super(message);
    }
  }

  /** Reads the header. */
  public static AckLogReader open(Path file) throws IOException, BadAckLogException {
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String first = reader.readLine();
      JsonNode header = parse(file, 1, first == null ? "" : first);
      if (header.path("ack_log").asInt() != AckLogWriter.VERSION) {
        throw bad(file, 1, "not the header of an ack log of version " + AckLogWriter.VERSION);
      }
      int records = header.path("records_per_request").asInt();
      if (records < 1) {
        throw bad(file, 1, "records_per_request must be > 0, got " + records);
      }
      try {
        return new AckLogReader(file, new Stamp(header.path("run").asText()), records);
      } catch (IllegalArgumentException e) {
        throw bad(file, 1, String.valueOf(e.getMessage()));
      }
    }
  }

  /** How the records of this load are marked. */
  public Stamp stamp() {
    return stamp;
  }

  public int recordsPerRequest() {
    return recordsPerRequest;
  }

  /**
   * Passes on all lines in their order.
   *
   * @return how many requests the load had sent when it ended; empty: it was killed
   */
  public OptionalLong forEach(Consumer<Line> consumer) throws IOException, BadAckLogException {
    OptionalLong requests = OptionalLong.empty();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      reader.readLine();
      int number = 2;
      String next = reader.readLine();
      while (next != null) {
        String text = next;
        next = reader.readLine();
        if (requests.isPresent()) {
          throw bad(file, number, "nothing may follow the line that ends the log");
        }
        if (next == null && !endsWithNewline()) {
          break;
        }
        JsonNode line = parse(file, number, text);
        if (line.has("requests")) {
          requests = OptionalLong.of(line.path("requests").asLong());
        } else {
          consumer.accept(line(number, line));
        }
        number++;
      }
    }
    return requests;
  }

  private Line line(int number, JsonNode json) throws BadAckLogException {
    long first = json.path("first").asLong(-1);
    int count = json.path("count").asInt();
    if (first < 0 || first > Stamp.MAX_SEQUENCE || first % recordsPerRequest != 0) {
      throw bad(
          file,
          number,
          "first must be a multiple of " + recordsPerRequest + ", got " + json.path("first"));
    }
    if (count != recordsPerRequest) {
      throw bad(file, number, "count must be " + recordsPerRequest + ", got " + json.path("count"));
    }
    if (json.has("status") == json.has("error")) {
      throw bad(file, number, "needs either status or error");
    }
    OptionalInt status =
        json.has("status") ? OptionalInt.of(json.path("status").asInt()) : OptionalInt.empty();
    return new Line(
        first / recordsPerRequest,
        status,
        json.has("index") ? Optional.of(json.path("index").asText()) : Optional.empty());
  }

  private boolean endsWithNewline() throws IOException {
    try (var channel = Files.newByteChannel(file)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      channel.position(channel.size() - 1).read(last);
      return last.get(0) == '\n';
    }
  }

  private static JsonNode parse(Path file, int number, String text) throws BadAckLogException {
    try {
      JsonNode json = AckLogWriter.JSON.readTree(text);
      if (json.isObject()) {
        return json;
      }
    } catch (JacksonException e) {
      throw bad(file, number, "not JSON: " + e.getOriginalMessage());
    }
    throw bad(file, number, "not a JSON object");
  }

  private static BadAckLogException bad(Path file, int number, String what) {
    return new BadAckLogException(file + ":" + number + ": " + what);
  }
}
