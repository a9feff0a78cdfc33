package io.duckspool.deploy.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;

/**
 * Writes what a load was told, request by request, for {@link AckLogReader}. One JSON object a
 * line:
 *
 * <pre>
 * {"ack_log":1,"run":"3f9a1c07d2b4","records_per_request":512,"url":"http://…","started_at":"…Z"}
 * {"first":0,"count":512,"status":202,"index":"60000037-1","attempts":1,"time":"…Z"}
 * {"first":512,"count":512,"error":"…","attempts":1,"time":"…Z"}         no reply was seen
 * {"requests":2}                                                        the load ended in order
 * </pre>
 *
 * {@code first} is the sequence number of the request's first record; {@code index} is there when
 * the reply had {@code duckspool-index}. Lines come in the order of the answers, each written whole
 * as soon as it is known: what a load that was killed has logged, it was told. For any thread;
 * closed by whoever opened it.
 */
public final class AckLogWriter implements Closeable {
  static final int VERSION = 1;
  static final ObjectMapper JSON = new ObjectMapper();

  private final OutputStream out;
  private final Clock clock;

  private AckLogWriter(OutputStream out, Clock clock) {
    this.out = out;
    this.clock = clock;
  }

  /** Makes the file; fails when it is there. */
  public static AckLogWriter create(
      Path file, Stamp stamp, int recordsPerRequest, String url, Clock clock) throws IOException {
    AckLogWriter log =
        new AckLogWriter(
            Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            clock);
    ObjectNode header = JSON.createObjectNode();
    header.put("ack_log", VERSION);
    header.put("run", stamp.run());
    header.put("records_per_request", recordsPerRequest);
    header.put("url", url);
    header.put("started_at", log.time());
    log.write(header);
    return log;
  }

  /** Notes how a request ended. */
  public void answered(Answer answer) {
    ObjectNode line = JSON.createObjectNode();
    line.put("first", answer.firstSequence());
    line.put("count", answer.records());
    answer
        .reply()
        .ifPresentOrElse(
            reply -> {
              line.put("status", reply.status());
              String index = reply.headers().get("duckspool-index");
              if (index != null) {
                line.put("index", index);
              }
            },
            () -> line.put("error", answer.error()));
    line.put("attempts", answer.attempts());
    line.put("time", time());
    write(line);
  }

  /** Notes that all requests of the load are in the log. */
  public void ended(long requests) {
    write(JSON.createObjectNode().put("requests", requests));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private String time() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
  }

  private void write(ObjectNode line) {
    try {
      byte[] bytes = (JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
      synchronized (out) {
        out.write(bytes);
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an object that can't be written", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
