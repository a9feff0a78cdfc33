package io.duckspool.deploy.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Damage to a spool whose processes are down, so that something goes to quarantine. */
public final class Damage {
  private Damage() {}

  /**
   * Flips a bit of the entry that was acked last.
   *
   * @return the number of its request
   */
  public static int ofLastAcked(Rig rig, AckLog log) throws IOException {
    int request = log.sentCount() - 1;
    while (log.state(request) != AckLog.State.ACKED) {
      request--;
    }
    long record = (long) request * log.recordsPerRequest();
    byte[] stamp = Stamped.STAMP.text(record).getBytes(StandardCharsets.US_ASCII);
    for (Path segment : rig.segmentFiles()) {
      byte[] bytes = Files.readAllBytes(segment);
      for (int at = 0; at + stamp.length <= bytes.length; at++) {
        if (Arrays.equals(bytes, at, at + stamp.length, stamp, 0, stamp.length)) {
          bytes[at] ^= 4;
          Files.write(segment, bytes);
          return request;
        }
      }
    }
    throw new AssertionError("request " + request + " is in no segment");
  }
}
