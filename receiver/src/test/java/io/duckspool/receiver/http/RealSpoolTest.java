package io.duckspool.receiver.http;

import static io.duckspool.receiver.http.Payloads.PROTOBUF;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.spool.Spool;
import io.duckspool.spool.SpoolEntry;
import io.duckspool.spool.SpoolOptions;
import io.duckspool.spool.SpoolPosition;
import io.duckspool.spool.SpoolRead;
import io.duckspool.spool.SpoolTailer;
import io.duckspool.spool.chronicle.ChronicleSpoolStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged over HTTP is what a reader finds in the real spool. */
class RealSpoolTest {

  private static final String SPOOL_ID = "00112233445566778899aabbccddeeff";
  private static final String RUN_ID = "ffeeddccbbaa99887766554433221100";

  @TempDir Path folder;

  @Test
  void everyAcknowledgedRequest_standsInTheSpool_atItsIndex() throws Exception {
    ChronicleSpoolStore store = new ChronicleSpoolStore(InstantSource.system(), System::nanoTime);
    Map<String, byte[]> acknowledged = new ConcurrentHashMap<>();
    try (Spool spool =
        store.openForAppend(
            folder,
            SPOOL_ID,
            RUN_ID,
            SpoolOptions.defaults(1 << 20).withDiskReserveBytes(1 << 20))) {
      TestServer.Options options = TestServer.options();
      options.spool = Optional.of(spool);
      try (TestServer server = options.start()) {
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int c = 0; c < 4; c++) {
          int seed = c * 1_000;
          clients.add(
              CompletableFuture.runAsync(
                  () -> {
                    for (int i = 0; i < 25; i++) {
                      byte[] body = OtlpSamples.typicalLogs(1 + i, seed + i).toByteArray();
                      try {
                        RawClient.Reply reply = server.post(body, PROTOBUF);
                        assertEquals(202, reply.status());
                        acknowledged.put(reply.headers().get("duckspool-index"), body);
                      } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                    }
                  },
                  task -> new Thread(task).start()));
        }
        for (CompletableFuture<Void> client : clients) {
          client.get();
        }
      }
      assertEquals(100, acknowledged.size());
      assertEquals(100, spool.durable().entries());
      assertEquals(4 * 25 * 26 / 2, spool.durable().rows());

      try (SpoolTailer tailer = store.openForRead(folder, SPOOL_ID, run -> true)) {
        tailer.moveTo(SpoolPosition.startOf(spool.firstIndex().segment()));
        for (int i = 0; i < 100; i++) {
          SpoolRead read = tailer.read();
          SpoolEntry entry = assertInstanceOf(SpoolEntry.class, read);
          byte[] payload =
              Arrays.copyOfRange(
                  entry.array(),
                  entry.payloadOffset(),
                  entry.payloadOffset() + entry.payloadLength());
          assertArrayEquals(acknowledged.get(entry.index().toString()), payload);
        }
      }
    }
  }
}
