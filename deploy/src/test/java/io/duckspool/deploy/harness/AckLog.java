package io.duckspool.deploy.harness;

import io.duckspool.deploy.load.Answer;
import io.duckspool.deploy.load.HttpConnection;
import io.duckspool.deploy.load.LoadLog;
import io.duckspool.deploy.reconcile.Acks;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * What the clients were told, request by request: the one thing the oracle believes. A number is
 * drawn before the first byte of its request goes out, and never again. For any number of threads.
 */
public final class AckLog implements LoadLog {
  /** What a client knows of a request. */
  public enum State {
    /** The number was never drawn. */
    UNSENT,
    /** Drawn; no reply was seen, so it may have been stored or not. */
    SENT,
    /** 202 was seen. */
    ACKED,
    /** Another status was seen. */
    REJECTED
  }

  private static final State[] STATES = State.values();

  private final int recordsPerRequest;
  private byte[] states = new byte[1024];
  private long[] indexes = new long[1024];
  private int spoolStart;
  private long[] ackNanos = new long[1024];
  private int[] statuses = new int[600];
  private int sentCount;
  private int ackedCount;
  private int rejectedCount;
  private final BitSet lateAcks = new BitSet();
  private String firstComplaint = "";

  /** All requests of a run have the same number of records. */
  public AckLog(int recordsPerRequest) {
    this.recordsPerRequest = recordsPerRequest;
  }

  public int recordsPerRequest() {
    return recordsPerRequest;
  }

  @Override
  public long draw() {
    return send();
  }

  @Override
  public void answered(Answer answer) {
    answer.reply().ifPresent(reply -> replied((int) answer.request(), reply, answer.nanoTime()));
  }

  /** What the product's comparison goes by: requests without a reply were sent, too. */
  public synchronized Acks acks() {
    Acks acks = new Acks(recordsPerRequest);
    for (int request = 0; request < sentCount; request++) {
      switch (state(request)) {
        case ACKED -> acks.replied(request, 202);
        case REJECTED -> acks.replied(request, 503);
        default -> acks.notReplied(request);
      }
    }
    acks.complete();
    return acks;
  }

  /** Draws the next number. */
  public synchronized int send() {
    if (sentCount == states.length) {
      states = Arrays.copyOf(states, sentCount * 2);
      indexes = Arrays.copyOf(indexes, sentCount * 2);
      ackNanos = Arrays.copyOf(ackNanos, sentCount * 2);
    }
    states[sentCount] = (byte) State.SENT.ordinal();
    return sentCount++;
  }

  /** Notes the reply to a request, and checks what a 202 must say. */
  public void replied(int request, HttpConnection.Reply reply) {
    replied(request, reply, System.nanoTime());
  }

  /** As above, with the time of {@link System#nanoTime} once the reply was there. */
  synchronized void replied(int request, HttpConnection.Reply reply, long nanoTime) {
    statuses[reply.status()]++;
    if (reply.status() != 202) {
      states[request] = (byte) State.REJECTED.ordinal();
      rejectedCount++;
      return;
    }
    states[request] = (byte) State.ACKED.ordinal();
    ackNanos[request] = nanoTime;
    ackedCount++;
    if (!reply.body().contains("\"rows\":" + recordsPerRequest + ",")) {
      complain("request " + request + ": 202 with " + reply.body());
    }
    String index = reply.headers().getOrDefault("duckspool-index", "");
    int dash = index.indexOf('-');
    if (dash < 1) {
      complain("request " + request + ": duckspool-index is '" + index + "'");
      return;
    }
    indexes[request] =
        Long.parseLong(index.substring(0, dash)) << 32 | Long.parseLong(index.substring(dash + 1));
  }

  /**
   * Takes back the acks that came in at or after an instant: a machine without power would not have
   * sent them, so their requests count as sent without a reply. To be called once the load has
   * ended.
   *
   * @param nanoTime of {@link System#nanoTime}
   * @return how many
   */
  public synchronized int forgetAcksSince(long nanoTime) {
    int count = 0;
    for (int request = 0; request < sentCount; request++) {
      if (states[request] == State.ACKED.ordinal() && ackNanos[request] - nanoTime >= 0) {
        states[request] = (byte) State.SENT.ordinal();
        lateAcks.set(request);
        count++;
      }
    }
    ackedCount -= count;
    return count;
  }

  /** The requests whose acks were taken back. */
  public synchronized BitSet lateAcks() {
    return (BitSet) lateAcks.clone();
  }

  public synchronized int sentCount() {
    return sentCount;
  }

  public synchronized int ackedCount() {
    return ackedCount;
  }

  public synchronized int rejectedCount() {
    return rejectedCount;
  }

  /** How many replies had this status. */
  public synchronized int statusCount(int status) {
    return statuses[status];
  }

  public synchronized State state(long request) {
    return request < 0 || request >= sentCount ? State.UNSENT : STATES[states[(int) request]];
  }

  /** Where an acked request stands, as the tables write an index. */
  public synchronized long index(int request) {
    return indexes[request];
  }

  /** A first reply that broke the contract, or empty. */
  public synchronized String firstComplaint() {
    return firstComplaint;
  }

  /** From here on requests go to another spool, whose indices are its own. */
  public synchronized void newSpool() {
    String shared = sharedIndex();
    if (!shared.isEmpty()) {
      complain(shared);
    }
    spoolStart = sentCount;
  }

  /** Two acked requests of one spool that were told the same index, or empty. */
  public synchronized String sharedIndex() {
    long[] acked =
        IntStream.range(spoolStart, sentCount)
            .filter(request -> states[request] == State.ACKED.ordinal())
            .mapToLong(request -> indexes[request])
            .sorted()
            .toArray();
    for (int i = 1; i < acked.length; i++) {
      if (acked[i] == acked[i - 1]) {
        return "two requests were acked with index " + (acked[i] >>> 32) + "-" + (int) acked[i];
      }
    }
    return "";
  }

  private void complain(String complaint) {
    if (firstComplaint.isEmpty()) {
      firstComplaint = complaint;
    }
  }
}
