package io.duckspool.deploy.reconcile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the client of a load knows of each request: a byte a request, whatever the number of its
 * records. Used by one thread at a time.
 */
public final class Acks {
  /** What a client knows of a request. */
  public enum Outcome {
    /** Nothing was noted: never sent, or the load was killed before its answer came. */
    NONE,
    /** 2xx: each of its rows must be in a table, once. */
    ACCEPTED,
    /** 4xx: none of its rows may be there. */
    REFUSED,
    /** 5xx, 429, 408, another status, or no reply: its rows may be there, once and all of them. */
    UNDECIDED;

    /** What a status means for the request's rows. */
    static Outcome ofStatus(int status) {
      return switch (status / 100) {
        case 2 -> ACCEPTED;
        case 4 -> status == 408 || status == 429 ? UNDECIDED : REFUSED;
        default -> UNDECIDED;
      };
    }
  }

  /** The reason of requests that got no reply. */
  public static final String NO_REPLY = "no_reply";

  private static final Outcome[] OUTCOMES = Outcome.values();
  private static final int CHUNK = 1 << 16;

  private final int recordsPerRequest;
  private final List<byte[]> chunks = new ArrayList<>();
  private final Map<String, Long> requestsByReason = new TreeMap<>();
  private long end;
  private long notedCount;
  private long acceptedCount;
  private boolean isComplete;

  /** All requests of a run have the same number of records. */
  public Acks(int recordsPerRequest) {
    if (recordsPerRequest < 1) {
      throw new IllegalArgumentException("recordsPerRequest must be > 0, got " + recordsPerRequest);
    }
    this.recordsPerRequest = recordsPerRequest;
  }

  /** Notes a reply; {@link IllegalArgumentException} when the request has one already. */
  public void replied(long request, int status) {
    Outcome outcome = Outcome.ofStatus(status);
    note(request, outcome);
    if (outcome == Outcome.ACCEPTED) {
      acceptedCount++;
    } else {
      requestsByReason.merge(Integer.toString(status), 1L, Long::sum);
    }
  }

  /** Notes that a request was sent, and no reply seen. */
  public void notReplied(long request) {
    note(request, Outcome.UNDECIDED);
    requestsByReason.merge(NO_REPLY, 1L, Long::sum);
  }

  /** Nothing is missing: requests that were not noted were never sent. */
  public void complete() {
    isComplete = true;
  }

  public int recordsPerRequest() {
    return recordsPerRequest;
  }

  /** One more than the largest number that was noted. */
  public long end() {
    return end;
  }

  public long notedCount() {
    return notedCount;
  }

  public long acceptedCount() {
    return acceptedCount;
  }

  /** Requests that were not accepted, by status or {@link #NO_REPLY}. */
  public Map<String, Long> requestsByReason() {
    return Map.copyOf(requestsByReason);
  }

  /** Whether requests that were not noted were never sent. */
  public boolean isComplete() {
    return isComplete;
  }

  /** What is known of a request. */
  public Outcome outcome(long request) {
    return request >= end
        ? Outcome.NONE
        : OUTCOMES[chunks.get((int) (request / CHUNK))[(int) (request % CHUNK)]];
  }

  private void note(long request, Outcome outcome) {
    if (request < 0 || request >= (long) Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "request must be in [0, " + Integer.MAX_VALUE + "), got " + request);
    }
    if (outcome(request) != Outcome.NONE) {
      throw new IllegalArgumentException("request " + request + " has two answers");
    }
    while ((long) chunks.size() * CHUNK <= request) {
      chunks.add(new byte[CHUNK]);
    }
    chunks.get((int) (request / CHUNK))[(int) (request % CHUNK)] = (byte) outcome.ordinal();
    end = Math.max(end, request + 1);
    notedCount++;
  }
}
