package io.duckspool.common.otlp;

/** Reads the items of one signal: log records, spans, metrics. */
interface ItemWalker {

  /** Reads one item, a message at {@code depth}, and visits its rows. */
  void readItem(int depth) throws WireException, OtlpTooLargeException;

  /** Lets go of buffers that one unusual request made large. */
  void shrink();
}
