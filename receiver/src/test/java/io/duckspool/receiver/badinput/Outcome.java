package io.duckspool.receiver.badinput;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpOracle;
import io.duckspool.common.otlp.OtlpRow;
import io.duckspool.common.otlp.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What must come of a request, said by the contract or by the generated classes of OTLP. */
sealed interface Outcome {

  /** Matches the path to any field, with its comma, and none, where the request itself is bad. */
  String ANY_PATH = "(?:, [^:]+)?";

  /** 202, with these rows; without a row nothing is written. */
  record Stored(List<OtlpRow> rows) implements Outcome {}

  /** An error and its place. */
  record Refused(int status, String code, Place place) implements Outcome {}

  /**
   * What a message must say.
   *
   * @param message matches the whole of it; group 1, if there is one, is a byte or a column
   * @param first lowest value of group 1
   * @param last highest value of group 1
   */
  record Place(Pattern message, int first, int last) {

    boolean isNamedBy(String text) {
      Matcher matcher = message.matcher(text);
      if (!matcher.matches()) {
        return false;
      }
      if (matcher.groupCount() == 0) {
        return true;
      }
      int number = Integer.parseInt(matcher.group(1));
      return number >= first && number <= last;
    }
  }

  /** A 400 whose message begins so. */
  static Outcome badRequest(String beginning) {
    return refused(400, "bad_request", Pattern.quote(beginning) + ".*");
  }

  /** A refusal whose whole message matches. */
  static Outcome refused(int status, String code, String message) {
    return new Refused(status, code, new Place(Pattern.compile(message, Pattern.DOTALL), 0, 0));
  }

  /** A 400 at a byte of protobuf; {@code path} matches the path with its comma, or nothing. */
  static Outcome badByte(int first, int last, String path) {
    return new Refused(
        400, "bad_request", new Place(Pattern.compile("byte (\\d+)" + path + ": .+"), first, last));
  }

  /** A 400 at any line and column of JSON. */
  static Outcome badText() {
    return refused(400, "bad_request", "line [1-9]\\d*, column [1-9]\\d*(?:, [^:]+)?: .+");
  }

  /** A 400 at a column of JSON; {@code path} matches the path with its comma, or nothing. */
  static Outcome badColumn(int line, int first, int last, String path) {
    return new Refused(
        400,
        "bad_request",
        new Place(
            Pattern.compile("line " + line + ", column (\\d+)" + path + ": .+"), first, last));
  }

  /** What the generated classes say; {@code refused} if they refuse, or the rules of the tables. */
  static Outcome ofProtobuf(Signal signal, byte[] bytes, Outcome refused) {
    try {
      return new Stored(OtlpOracle.rows(OtlpOracle.parse(signal, bytes)));
    } catch (InvalidProtocolBufferException | OtlpOracle.Refused e) {
      return refused;
    }
  }

  /** As above, at any byte and field. */
  static Outcome ofProtobuf(Signal signal, byte[] bytes) {
    return ofProtobuf(signal, bytes, badByte(0, bytes.length, ANY_PATH));
  }

  /** What the rules of the tables say of a request. */
  static Outcome ofRequest(Message request, Outcome refused) {
    try {
      return new Stored(OtlpOracle.rows(request));
    } catch (OtlpOracle.Refused e) {
      return refused;
    }
  }

  /** The rows of several requests one after the other. */
  static Outcome ofAll(Message... requests) {
    List<OtlpRow> rows = new ArrayList<>();
    for (Message request : requests) {
      rows.addAll(OtlpOracle.rows(request));
    }
    return new Stored(rows);
  }
}
