package io.duckspool.deploy.load;

import java.util.Optional;

/**
 * How a request ended.
 *
 * @param request its number
 * @param records it held
 * @param attempts how often it was sent, 1 and up
 * @param reply the last one; empty: there was none, so nobody knows whether it was taken
 * @param error why there was none, in words; else empty
 * @param nanoTime when that was known, by the load's clock
 */
public record Answer(
    long request,
    int records,
    int attempts,
    Optional<HttpConnection.Reply> reply,
    String error,
    long nanoTime) {
  /** The sequence number of its first record. */
  public long firstSequence() {
    return request * records;
  }

  /** Whether the server took it: any 2xx. */
  public boolean isAccepted() {
    return reply.isPresent() && reply.get().status() / 100 == 2;
  }
}
