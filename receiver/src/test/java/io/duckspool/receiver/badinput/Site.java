package io.duckspool.receiver.badinput;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.duckspool.common.otlp.OtlpJson;
import io.duckspool.common.otlp.OtlpOracle;
import io.duckspool.common.otlp.Signal;
import io.opentelemetry.proto.common.v1.AnyValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One field of an export request, found by the descriptors of opentelemetry-proto. The request
 * around it has every other field, and the message with this one stands at the end of it, so that
 * what is appended to the message is the end of the body.
 */
final class Site {

  private static final Map<Signal, Message> REQUESTS = new EnumMap<>(Signal.class);
  private static final List<Site> ALL = new ArrayList<>();
  private static final String INDEX = "(?:\\[0\\])?";

  private final Signal signal;

  /** The fields that lead to this one from the request, itself the last. */
  private final List<FieldDescriptor> path;

  /** Of each message on the path all but the next field of the path. */
  private final List<Message> others = new ArrayList<>();

  private final String jsonStart;
  private final String jsonEnd;

  private Site(Signal signal, List<FieldDescriptor> path) {
    this.signal = signal;
    this.path = path;
    StringBuilder start = new StringBuilder();
    StringBuilder end = new StringBuilder();
    Message message = request(signal);
    for (int step = 0; step < path.size(); step++) {
      FieldDescriptor next = path.get(step);
      Message rest = message.toBuilder().clearField(next).build();
      others.add(rest);
      String json = OtlpJson.PLAIN.write(rest);
      start.append(json, 0, json.length() - 1).append(json.length() > 2 ? "," : "");
      end.insert(0, '}');
      if (step < path.size() - 1) {
        start.append('"').append(next.getJsonName()).append(next.isRepeated() ? "\":[" : "\":");
        end.insert(0, next.isRepeated() ? "]" : "");
        message = child(message, next);
      }
    }
    this.jsonStart = start.toString();
    this.jsonEnd = end.toString();
  }

  Signal signal() {
    return signal;
  }

  List<FieldDescriptor> path() {
    return path;
  }

  /** Every field of the requests of all signals; below an AnyValue only the next one's fields. */
  static synchronized List<Site> all() {
    if (ALL.isEmpty()) {
      for (Signal signal : Signal.values()) {
        addSites(signal, request(signal).getDescriptorForType(), List.of(), ALL);
      }
    }
    return ALL;
  }

  /** The fields of the types. */
  static List<Site> of(FieldDescriptor.Type... types) {
    return all().stream().filter(s -> List.of(types).contains(s.field().getType())).toList();
  }

  private static void addSites(
      Signal signal, Descriptor type, List<FieldDescriptor> path, List<Site> sites) {
    boolean isAnyValue = type == AnyValue.getDescriptor();
    boolean isShared = path.stream().anyMatch(f -> f.getName().matches("resource|scope"));
    boolean isOfResource = path.stream().anyMatch(f -> f.getName().equals("resource"));
    long anyValues = path.stream().filter(Site::isAnyValue).count();
    for (FieldDescriptor field : type.getFields()) {
      List<FieldDescriptor> longer =
          Stream.concat(path.stream(), Stream.of(field)).collect(Collectors.toList());
      sites.add(new Site(signal, longer));
      // Lists in values are read alike everywhere: one place has them, and one level of them.
      boolean isPassed = isAnyValue && (anyValues > 1 || !isOfResource || signal != Signal.LOGS);
      // Resource and scope are read alike for all signals: only logs have each field of theirs.
      isPassed |= isShared && signal != Signal.LOGS;
      if (isMessage(field) && !isPassed) {
        addSites(signal, field.getMessageType(), longer, sites);
      }
    }
  }

  static boolean isAnyValue(FieldDescriptor field) {
    return isMessage(field) && field.getMessageType() == AnyValue.getDescriptor();
  }

  /** A request that has every field once; of a oneof the first member. */
  static Message request(Signal signal) {
    return REQUESTS.computeIfAbsent(
        signal,
        key -> {
          try {
            return Complete.of(OtlpOracle.parse(key, new byte[0]));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  FieldDescriptor field() {
    return path.get(path.size() - 1);
  }

  @Override
  public String toString() {
    return path(FieldDescriptor::getName, path.size());
  }

  /** A pattern for the path of the field, with its comma; an index behind the field is optional. */
  String protobufPath() {
    return ", " + Pattern.quote(path(FieldDescriptor::getName, path.size())) + INDEX;
  }

  /** A pattern for the path of the message that has the field; empty for the request. */
  String protobufPathOfMessage() {
    return path.size() == 1
        ? ""
        : ", " + Pattern.quote(path(FieldDescriptor::getName, path.size() - 1));
  }

  /** A pattern for the path of the field, with its comma; an index behind the field is optional. */
  String jsonPath() {
    return ", " + Pattern.quote(path(FieldDescriptor::getJsonName, path.size())) + INDEX;
  }

  private String path(java.util.function.Function<FieldDescriptor, String> name, int steps) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < steps; i++) {
      FieldDescriptor step = path.get(i);
      text.append(i == 0 ? "" : ".").append(name.apply(step));
      text.append(step.isRepeated() && i < path.size() - 1 ? "[0]" : "");
    }
    return text.toString();
  }

  /** The request without the field. */
  Message without() {
    return rebuild(request(signal), 0, null);
  }

  /** The request with the field, which has the value; a repeated one has it alone. */
  Message with(Object value) {
    return rebuild(request(signal), 0, value);
  }

  private Message rebuild(Message message, int step, Object value) {
    FieldDescriptor next = path.get(step);
    Message child = step < path.size() - 1 ? child(message, next) : null;
    Message.Builder builder = message.toBuilder().clearField(next);
    Object content = child == null ? value : rebuild(child, step + 1, value);
    if (content != null && next.isRepeated()) {
      builder.addRepeatedField(next, content);
    } else if (content != null) {
      builder.setField(next, content);
    }
    return builder.build();
  }

  /** A value of the field, or of one of its elements. */
  Object sample() {
    Message message = request(signal);
    for (FieldDescriptor step : path.subList(0, path.size() - 1)) {
      message = child(message, step);
    }
    return Complete.value(message.newBuilderForType(), field());
  }

  private static Message child(Message message, FieldDescriptor field) {
    if (field.isRepeated() && message.getRepeatedFieldCount(field) > 0) {
      return (Message) message.getRepeatedField(field, 0);
    }
    if (!field.isRepeated() && message.hasField(field)) {
      return (Message) message.getField(field);
    }
    return Complete.of(message.newBuilderForType().newBuilderForField(field).build());
  }

  /** The request whose last bytes are {@code tail}: the end of the message, without the field. */
  byte[] protobuf(byte[] tail) {
    byte[] content = tail;
    for (int step = path.size() - 1; step >= 0; step--) {
      Tail message = Tail.tail().raw(others.get(step).toByteArray());
      if (step == path.size() - 1) {
        message.raw(content);
      } else {
        message.tag(path.get(step).getNumber(), Tail.LEN).len(content);
      }
      content = message.done();
    }
    return content;
  }

  /** The request in JSON; the message ends with {@code members}, and has not the field else. */
  String json(String members) {
    return jsonStart + members + jsonEnd;
  }

  /** The column of what ends the {@code members} of {@link #json}, counted in bytes from 1. */
  int columnOfEnd(String json) {
    return json.length() - jsonEnd.length() + 1;
  }

  static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }
}
