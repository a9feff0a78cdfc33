package io.duckspool.receiver.badinput;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpJson;
import io.duckspool.common.otlp.OtlpSamples;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Small requests that end at each of their bytes, before or after compression. */
final class CutCases {

  private final List<BadCase> cases = new ArrayList<>();

  private CutCases() {}

  static List<BadCase> all() {
    CutCases made = new CutCases();
    for (Signal signal : Signal.values()) {
      made.protobuf(signal);
      made.json(signal);
      made.lines(signal);
      for (PayloadFormat format : PayloadFormat.values()) {
        for (ContentCoding coding : ContentCoding.values()) {
          if (coding != ContentCoding.IDENTITY) {
            made.compressed(signal, format, coding);
          }
        }
      }
    }
    return made.cases;
  }

  private static Message request(Signal signal) {
    return Small.request(signal);
  }

  private void protobuf(Signal signal) {
    byte[] whole = request(signal).toByteArray();
    for (int length = 0; length <= whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      add(signal, PayloadFormat.PROTOBUF, cut, Outcome.ofProtobuf(signal, cut));
    }
  }

  /** No part of a JSON object is one; the place is at the end of the text. */
  private void json(Signal signal) {
    byte[] whole = OtlpSamples.write(request(signal), PayloadFormat.JSON);
    add(signal, PayloadFormat.JSON, new byte[0], Outcome.badRequest("the JSON body is empty"));
    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      add(signal, PayloadFormat.JSON, cut, Outcome.badColumn(1, 1, length + 1, Outcome.ANY_PATH));
    }
  }

  /** Two lines, of which the first is whole once the cut has passed it. */
  private void lines(Signal signal) {
    Message request = request(signal);
    String line = OtlpJson.PLAIN.write(request);
    byte[] whole = (line + "\r\n" + line + "\n").getBytes(StandardCharsets.US_ASCII);
    int second = line.length() + 2;
    Outcome none = Outcome.badRequest("the NDJSON body has no line with a request");
    add(signal, PayloadFormat.NDJSON, new byte[0], none);
    for (int length = 1; length <= whole.length; length++) {
      Outcome outcome;
      if (length < line.length()) {
        outcome = Outcome.badColumn(1, 1, length + 1, Outcome.ANY_PATH);
      } else if (length <= second) {
        outcome = Outcome.ofAll(request);
      } else if (length < second + line.length()) {
        outcome = Outcome.badColumn(2, 1, length - second + 1, Outcome.ANY_PATH);
      } else {
        outcome = Outcome.ofAll(request, request);
      }
      add(signal, PayloadFormat.NDJSON, Arrays.copyOf(whole, length), outcome);
    }
  }

  private void compressed(Signal signal, PayloadFormat format, ContentCoding coding) {
    byte[] decoded = OtlpSamples.write(request(signal), format);
    byte[] whole = BadCase.encode(coding, decoded);
    for (int length = 0; length < whole.length; length++) {
      cases.add(
          BadCase.encoded(
              "cut at " + length,
              signal,
              format,
              BadCase.header(coding, length),
              length,
              Arrays.copyOf(whole, length),
              new byte[0],
              CodingCases.notDecoded()));
    }
  }

  private void add(Signal signal, PayloadFormat format, byte[] cut, Outcome outcome) {
    ContentCoding coding = ContentCoding.values()[cases.size() % 4];
    String name = format + " cut at " + cut.length;
    cases.add(BadCase.of(name, signal, format, coding, cut.length, cut, outcome));
  }
}
