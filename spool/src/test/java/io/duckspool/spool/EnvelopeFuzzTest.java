package io.duckspool.spool;

import io.duckspool.common.fuzz.FuzzCorpus;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Fuzzes the envelope of an entry: the first byte says whether its checksum is put right. */
public class EnvelopeFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, EnvelopeFuzzTest::take);
  }

  private static final int CRC_OFFSET = 84;

  private static void take(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
    if (input[0] % 4 != 0 && bytes.length >= EntryCodec.HEADER_BYTES) {
      repair(bytes);
    }
    if (EntryCodec.check(bytes, 0, bytes.length) != EntryCodec.HeaderCheck.VALID) {
      return;
    }
    Envelope envelope = EntryCodec.decode(bytes, 0);
    envelope.before();
    int payload = EntryCodec.HEADER_BYTES;
    if (envelope.isSegmentHeader()
        && bytes.length - payload >= EntryCodec.SEGMENT_HEADER_PAYLOAD_BYTES) {
      try {
        EntryCodec.decodeSegmentHeader(envelope, bytes, payload);
      } catch (IllegalArgumentException e) {
        // A checksum holds for its payload, says the method: here it need not.
        return;
      }
    }
  }

  private static void repair(byte[] bytes) {
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(0, EntryCodec.MAGIC).put(4, (byte) EntryCodec.VERSION);
    out.putShort(6, (short) EntryCodec.HEADER_BYTES);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CRC_OFFSET);
    crc.update(bytes, CRC_OFFSET + 4, EntryCodec.HEADER_BYTES - CRC_OFFSET - 4);
    out.putInt(CRC_OFFSET, (int) crc.getValue());
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("envelope", EnvelopeFuzzTest::take);
  }
}
