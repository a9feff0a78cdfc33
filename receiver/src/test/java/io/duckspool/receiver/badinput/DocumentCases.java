package io.duckspool.receiver.badinput;

import com.google.protobuf.Message;
import io.duckspool.common.otlp.ContentCoding;
import io.duckspool.common.otlp.OtlpJson;
import io.duckspool.common.otlp.PayloadFormat;
import io.duckspool.common.otlp.Signal;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Whole JSON documents and lines of them that are wrong, or odd: in every coding. */
final class DocumentCases {

  private static final String BOM = "\ufeff";

  private final List<BadCase> cases = new ArrayList<>();

  private DocumentCases() {}

  /** What is no object, or that of another signal, as a document and as a line. */
  static List<BadCase> topLevels() {
    DocumentCases made = new DocumentCases();
    for (Signal signal : Signal.values()) {
      Message request = request(signal);
      String good = OtlpJson.PLAIN.write(request);
      List<String> bad =
          new ArrayList<>(
              List.of(
                  "[]",
                  "[" + good + "]",
                  "\"x\"",
                  "5",
                  "-1.5",
                  "null",
                  "true",
                  "false",
                  "nul",
                  "NaN",
                  "'x'",
                  "}",
                  "]",
                  ",",
                  ":",
                  "x",
                  "/*c*/{}",
                  "#",
                  "\u0000",
                  "{]",
                  "{'a':1}",
                  "{a:1}",
                  "{\"a\"}",
                  "{\"a\":}",
                  "{\"a\":1,}",
                  "{,}",
                  "{\"a\" 1}",
                  "{\"a\":01}",
                  "{\"a\":+1}",
                  "{\"a\":.5}",
                  "{\"a\":1.}",
                  "{\"a\":0x1}",
                  "{\"a\":tru}",
                  "{\"a\":\"\\x\"}",
                  "{\"a\":\"\t\"}",
                  "{\"a\":1e}",
                  "{\"a\":[1,]}"));
      for (Signal other : Signal.values()) {
        if (other != signal) {
          bad.add(OtlpJson.PLAIN.write(request(other)));
          bad.add(first(other));
        }
      }
      for (String document : bad) {
        int last = document.length() + 1;
        Outcome refused = Outcome.badColumn(1, 1, last, Outcome.ANY_PATH);
        made.everyCoding(signal, PayloadFormat.JSON, document, refused);
        Outcome third = Outcome.badColumn(3, 1, last, Outcome.ANY_PATH);
        made.everyCoding(signal, PayloadFormat.NDJSON, good + "\n\r\n" + document + "\n", third);
      }
    }
    return made.cases;
  }

  private static String first(Signal signal) {
    String name = Site.request(signal).getDescriptorForType().getFields().get(0).getName();
    return "{\"" + name + "\":[]}";
  }

  /** Something behind a whole document. */
  static List<BadCase> trailing() {
    DocumentCases made = new DocumentCases();
    for (Signal signal : Signal.values()) {
      String good = OtlpJson.PLAIN.write(request(signal));
      for (String garbage :
          List.of("{}", "}", "]", ",", "x", "1", "null", "\"", good, "\u0000", BOM, "#c")) {
        int first = good.length();
        int last = first + garbage.getBytes(StandardCharsets.UTF_8).length + 2;
        Outcome refused = Outcome.badColumn(1, first, last, Outcome.ANY_PATH);
        made.everyCoding(signal, PayloadFormat.JSON, good + garbage, refused);
        made.everyCoding(signal, PayloadFormat.JSON, good + " " + garbage, refused);
        Outcome second = Outcome.badColumn(2, first, last, Outcome.ANY_PATH);
        made.everyCoding(signal, PayloadFormat.NDJSON, "\n" + good + garbage + "\n{}", second);
      }
    }
    return made.cases;
  }

  /** Marks, blanks and ends of lines, as a document and as lines. */
  static List<BadCase> blanks() {
    DocumentCases made = new DocumentCases();
    for (Signal signal : Signal.values()) {
      Message request = request(signal);
      String good = OtlpJson.PLAIN.write(request);
      Outcome one = Outcome.ofAll(request);
      Outcome two = Outcome.ofAll(request, request);
      for (String document :
          List.of(BOM + good, "\r\n\t " + good + "\r\n", BOM + "\n" + good, good + " \n\n")) {
        made.everyCoding(signal, PayloadFormat.JSON, document, one);
        made.everyCoding(signal, PayloadFormat.NDJSON, document, one);
      }
      for (String lines :
          List.of(
              good + "\r\n" + good + "\r\n",
              "\n\n" + good + "\n\r\n \t\n" + good,
              BOM + good + "\n" + good,
              good + "\n{}\n" + good + "\n\n",
              good + "\r \n" + good + "\r")) {
        made.everyCoding(signal, PayloadFormat.NDJSON, lines, two);
      }
      Outcome line1 = Outcome.badColumn(1, 1, good.length() + 3, Outcome.ANY_PATH);
      Outcome line2 = Outcome.badColumn(2, 1, 4, Outcome.ANY_PATH);
      made.everyCoding(signal, PayloadFormat.JSON, BOM + BOM + good, line1);
      made.everyCoding(signal, PayloadFormat.NDJSON, BOM + BOM + good, line1);
      made.everyCoding(signal, PayloadFormat.NDJSON, good + "\n" + BOM + good, line2);
      made.everyCoding(signal, PayloadFormat.NDJSON, good + "\r" + good, line1);
      made.everyCoding(signal, PayloadFormat.NDJSON, good + "\u2028" + good, line1);
      made.everyCoding(signal, PayloadFormat.NDJSON, good + "\n\u00a0\n", line2);
      made.everyCoding(signal, PayloadFormat.NDJSON, good.replace("{", "{\n"), line1);
      made.empty(signal);
      made.otherCharsets(signal, good);
    }
    return made.cases;
  }

  /** A body without a request; of protobuf it is one without items. */
  private void empty(Signal signal) {
    for (String blank : List.of("", " ", "\n\n", "\r\n \t", BOM, BOM + "\n")) {
      Outcome noDocument = Outcome.badRequest("the JSON body is empty");
      everyCoding(signal, PayloadFormat.JSON, blank, noDocument);
      Outcome noLine = Outcome.badRequest("the NDJSON body has no line with a request");
      everyCoding(signal, PayloadFormat.NDJSON, blank, noLine);
    }
    for (String none : List.of("{}", BOM + "{ }\r\n", "{\"x\":[{}]}", first(signal))) {
      everyCoding(signal, PayloadFormat.JSON, none, Outcome.ofAll());
      everyCoding(signal, PayloadFormat.NDJSON, none, Outcome.ofAll());
    }
    everyCoding(signal, PayloadFormat.PROTOBUF, "", Outcome.ofAll());
    byte[] mark = BOM.getBytes(StandardCharsets.UTF_8);
    everyCoding(signal, PayloadFormat.PROTOBUF, BOM, Outcome.ofProtobuf(signal, mark));
  }

  private void otherCharsets(Signal signal, String good) {
    for (String charset : List.of("UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE")) {
      byte[] bytes = good.getBytes(Charset.forName(charset));
      Outcome refused = Outcome.badColumn(1, 1, 9, "");
      for (ContentCoding coding : ContentCoding.values()) {
        add(charset, signal, PayloadFormat.JSON, coding, bytes, refused);
        add(charset, signal, PayloadFormat.NDJSON, coding, bytes, refused);
      }
    }
  }

  private static Message request(Signal signal) {
    return Small.request(signal);
  }

  private void everyCoding(Signal signal, PayloadFormat format, String text, Outcome outcome) {
    for (ContentCoding coding : ContentCoding.values()) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      String start = text.length() > 80 ? cases.size() + " " + text.substring(0, 80) : text;
      add("<" + start + ">", signal, format, coding, bytes, outcome);
    }
  }

  private void add(
      String name, Signal signal, PayloadFormat format, ContentCoding coding, byte[] b, Outcome o) {
    cases.add(BadCase.of(name, signal, format, coding, cases.size(), b, o));
  }
}
