package io.duckspool.common.otlp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what the rows of a resource, and of a scope, share. It is built in counting mode too: its
 * size is what the limit on expanded text is about, and there is little of it.
 */
final class SharedReader {

  private static final int RESOURCE_ATTRIBUTES = 1 << 3 | WireReader.LEN;
  private static final int RESOURCE_DROPPED = 2 << 3 | WireReader.VARINT;
  private static final int RESOURCE_ENTITIES = 3 << 3 | WireReader.LEN;
  private static final int ENTITY_SCHEMA_URL = 1 << 3 | WireReader.LEN;
  private static final int ENTITY_TYPE = 2 << 3 | WireReader.LEN;
  private static final int ENTITY_ID_KEYS = 3 << 3 | WireReader.LEN;
  private static final int ENTITY_DESCRIPTION_KEYS = 4 << 3 | WireReader.LEN;
  private static final int SCOPE_NAME = 1 << 3 | WireReader.LEN;
  private static final int SCOPE_VERSION = 2 << 3 | WireReader.LEN;
  private static final int SCOPE_ATTRIBUTES = 3 << 3 | WireReader.LEN;
  private static final int SCOPE_DROPPED = 4 << 3 | WireReader.VARINT;
  private static final byte[] SERVICE_NAME = TextBuffer.ascii("service.name");
  private static final byte[] SERVICE_NAMESPACE = TextBuffer.ascii("service.namespace");
  private static final byte[] SERVICE_INSTANCE_ID = TextBuffer.ascii("service.instance.id");
  private static final byte[] UNKNOWN = TextBuffer.ascii("unknown");

  /** More than the longest text of a lifted number. */
  private static final int LIFTED_CHARS = 48;

  /** {@code service.name}, {@code service.namespace}, {@code service.instance.id}. */
  private static final int LIFTED_ALWAYS = 3;

  private static final int MAX_RETAINED_BYTES = 1 << 20;

  final ResourceFields resource;
  final ScopeFields scope;

  private final WireReader in;
  private final ValueReader resourceAttributes;
  private final ValueReader scopeAttributes;
  private final WorkingMemory memory;
  private final TextBuffer resourceText;
  private final TextBuffer liftedText;
  private final TextBuffer scopeText;
  private final TextBuffer liftedScopeText;

  /** Keys in UTF-8, in the order of the fields' promoted slices. */
  private final byte[][] promotedOfResource;

  private final byte[][] promotedOfScope;
  private int scopeNameOffset;
  private int scopeNameLength;
  private int scopeVersionOffset;
  private int scopeVersionLength;

  SharedReader(WireReader in, WorkingMemory memory, PromotedKeys promoted) {
    this.promotedOfResource = utf8(promoted.resource());
    this.promotedOfScope = utf8(promoted.scope());
    this.resource = new ResourceFields(promotedOfResource.length);
    this.scope = new ScopeFields(promotedOfScope.length);
    this.liftedText = new TextBuffer((LIFTED_ALWAYS + promotedOfResource.length) * LIFTED_CHARS);
    this.liftedScopeText = new TextBuffer(promotedOfScope.length * LIFTED_CHARS);
    this.in = in;
    this.memory = memory;
    this.resourceAttributes = new ValueReader(in, true, memory);
    this.scopeAttributes = new ValueReader(in, true, memory);
    this.resourceText = new TextBuffer(256, memory);
    this.scopeText = new TextBuffer(256, memory);
  }

  private static byte[][] utf8(List<String> keys) {
    return keys.stream().map(key -> key.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
  }

  void shrink() {
    resourceAttributes.shrink();
    scopeAttributes.shrink();
    resourceText.shrink(MAX_RETAINED_BYTES);
    scopeText.shrink(MAX_RETAINED_BYTES);
    liftedText.shrink(MAX_RETAINED_BYTES);
  }

  /** Bytes of text that each row of the current resource and scope repeats. */
  long textBytes() {
    return (long) resource.serviceName.length()
        + resource.serviceNamespace.length()
        + resource.serviceInstanceId.length()
        + resource.attributes.length()
        + scope.name.length()
        + scope.version.length()
        + scope.attributes.length();
  }

  void beginResource() {
    resourceAttributes.clear();
  }

  /** Reads one part of a resource, a message at {@code depth}. */
  void readResource(int depth) throws WireException {
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case RESOURCE_ATTRIBUTES -> resourceAttributes.readKeyValue(depth + 1);
        case RESOURCE_DROPPED -> in.readVarint32();
        case RESOURCE_ENTITIES -> readEntity(depth + 1);
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  private void readEntity(int depth) throws WireException {
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case ENTITY_SCHEMA_URL, ENTITY_TYPE, ENTITY_ID_KEYS, ENTITY_DESCRIPTION_KEYS ->
            in.readString();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  /** Makes the columns of the resource whose parts were read. */
  void endResource() {
    resource.generation++;
    resource.serviceName.set(UNKNOWN, 0, UNKNOWN.length);
    resource.serviceNamespace.setNull();
    resource.serviceInstanceId.setNull();
    resource.attributes.setNull();
    setNull(resource.promoted);
    if (!resourceAttributes.hasEntries()) {
      return;
    }
    resourceText.clear();
    liftedText.clear();
    int count = resourceAttributes.writeEntries(resourceText);
    resource.attributes.set(resourceText.bytes(), 0, resourceText.length());
    ValueReader from = resourceAttributes;
    lift(from, count, SERVICE_NAME, liftedText, resource.serviceName);
    lift(from, count, SERVICE_NAMESPACE, liftedText, resource.serviceNamespace);
    lift(from, count, SERVICE_INSTANCE_ID, liftedText, resource.serviceInstanceId);
    if (resource.serviceName.isNull()) {
      resource.serviceName.set(UNKNOWN, 0, UNKNOWN.length);
    }
    for (int i = 0; i < promotedOfResource.length; i++) {
      lift(from, count, promotedOfResource[i], liftedText, resource.promoted[i]);
    }
  }

  private static void setNull(Utf8Slice[] slices) {
    for (Utf8Slice slice : slices) {
      slice.setNull();
    }
  }

  /**
   * Points {@code slice} to the value of a key, if it is there.
   *
   * @param count entries that are left in {@code from}
   * @param numbers has room for the text of a number
   */
  private void lift(ValueReader from, int count, byte[] key, TextBuffer numbers, Utf8Slice slice) {
    EntryList entries = from.entries();
    for (int i = 0; i < count; i++) {
      int entry = entries.sorted(i);
      int offset = entries.keyOffset(entry);
      int length = entries.keyLength(entry);
      if (length == key.length
          && Arrays.equals(in.bytes(), offset, offset + length, key, 0, length)) {
        AnyValue value = entries.value(entry);
        TextBuffer text = numbers;
        if (value.kind == AnyValue.BYTES) {
          // Of any size: a buffer that grows would move what other slices point to.
          int base64Bytes = (value.length + 2) / 3 * 4;
          memory.reserve(base64Bytes);
          text = new TextBuffer(base64Bytes);
        }
        from.bindPlain(value, text, slice);
      }
    }
  }

  void beginScope() {
    scopeAttributes.clear();
    scopeNameLength = 0;
    scopeVersionLength = 0;
  }

  /** Reads one part of a scope, a message at {@code depth}. */
  void readScope(int depth) throws WireException {
    int outer = in.begin(depth);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case SCOPE_NAME -> {
          scopeNameLength = in.readString();
          scopeNameOffset = in.position() - scopeNameLength;
        }
        case SCOPE_VERSION -> {
          scopeVersionLength = in.readString();
          scopeVersionOffset = in.position() - scopeVersionLength;
        }
        case SCOPE_ATTRIBUTES -> scopeAttributes.readKeyValue(depth + 1);
        case SCOPE_DROPPED -> in.readVarint32();
        default -> in.skip(tag, depth);
      }
    }
    in.end(outer);
  }

  /** Makes the columns of the scope whose parts were read. */
  void endScope() {
    scope.generation++;
    scope.name.setNullIfEmpty(in.bytes(), scopeNameOffset, scopeNameLength);
    scope.version.setNullIfEmpty(in.bytes(), scopeVersionOffset, scopeVersionLength);
    scopeText.clear();
    scope.attributes.setNull();
    setNull(scope.promoted);
    if (!scopeAttributes.hasEntries()) {
      return;
    }
    int count = scopeAttributes.writeEntries(scopeText);
    scope.attributes.set(scopeText.bytes(), 0, scopeText.length());
    liftedScopeText.clear();
    for (int i = 0; i < promotedOfScope.length; i++) {
      lift(scopeAttributes, count, promotedOfScope[i], liftedScopeText, scope.promoted[i]);
    }
  }
}
