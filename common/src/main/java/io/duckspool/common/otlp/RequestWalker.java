package io.duckspool.common.otlp;

/**
 * Walks the levels that the requests of all signals share, field number by field number: request,
 * resource container, scope container, item. Resource and scope may come after their children on
 * the wire, so each container is passed twice, the first time only from field to field.
 */
final class RequestWalker {

  private static final int CONTAINERS = 1 << 3 | WireReader.LEN;
  private static final int SHARED = 1 << 3 | WireReader.LEN;
  private static final int CHILDREN = 2 << 3 | WireReader.LEN;
  private static final int SCHEMA_URL = 3 << 3 | WireReader.LEN;

  private static final int CONTAINER_DEPTH = 1;
  private static final int SCOPE_DEPTH = 2;
  private static final int ITEM_DEPTH = 3;

  private final WireReader in;
  private final SharedReader shared;

  RequestWalker(WireReader in, SharedReader shared) {
    this.in = in;
    this.shared = shared;
  }

  void walk(ItemWalker items) throws WireException, OtlpTooLargeException {
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag == CONTAINERS) {
        readContainer(items);
      } else {
        in.skip(tag, 0);
      }
    }
  }

  private void readContainer(ItemWalker items) throws WireException, OtlpTooLargeException {
    int outer = in.begin(CONTAINER_DEPTH);
    int start = in.position();
    shared.beginResource();
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag == SHARED) {
        shared.readResource(CONTAINER_DEPTH + 1);
      } else {
        in.skip(tag, CONTAINER_DEPTH);
      }
    }
    shared.endResource();
    in.rewind(start);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case CHILDREN -> readScopeContainer(items);
        case SCHEMA_URL -> in.readString();
        default -> in.skip(tag, CONTAINER_DEPTH);
      }
    }
    in.end(outer);
  }

  private void readScopeContainer(ItemWalker items) throws WireException, OtlpTooLargeException {
    int outer = in.begin(SCOPE_DEPTH);
    int start = in.position();
    shared.beginScope();
    while (in.hasMore()) {
      int tag = in.readTag();
      if (tag == SHARED) {
        shared.readScope(SCOPE_DEPTH + 1);
      } else {
        in.skip(tag, SCOPE_DEPTH);
      }
    }
    shared.endScope();
    in.rewind(start);
    while (in.hasMore()) {
      int tag = in.readTag();
      switch (tag) {
        case CHILDREN -> items.readItem(ITEM_DEPTH);
        case SCHEMA_URL -> in.readString();
        default -> in.skip(tag, SCOPE_DEPTH);
      }
    }
    in.end(outer);
  }
}
