package io.duckspool.writer.quarantine;

import java.util.Arrays;

/**
 * Why something is in quarantine: a closed set of words, for people, scripts and metrics. A file of
 * an earlier build has none, which reads as {@link #UNKNOWN}.
 */
public enum QuarantineReason {
  /** The payload does not decompress, or is not a valid request. */
  UNDECODABLE("undecodable"),
  /** The decoder failed on the payload as it should on none: a bug, or an unknown code. */
  DECODER_FAILED("decoder_failed"),
  /** The writer died each time that the entry was in hand. */
  KILLS_PROCESS("kills_process"),
  /** The target refused the entry's rows: a conversion or a constraint. */
  REJECTED_BY_TARGET("rejected_by_target"),
  /** Bytes of the spool in which no entry can be read. */
  DAMAGE("damage"),
  /** The file doesn't say. */
  UNKNOWN("unknown");

  private final String text;

  QuarantineReason(String text) {
    this.text = text;
  }

  /** The word, as it stands in files, lists and metrics. */
  public String text() {
    return text;
  }

  /** Reads what {@link #text()} wrote; {@link #UNKNOWN} for anything else. */
  static QuarantineReason of(String text) {
    return Arrays.stream(values())
        .filter(reason -> reason.text.equals(text))
        .findFirst()
        .orElse(UNKNOWN);
  }
}
