package io.duckspool.common.config;

/**
 * The {@code log} section.
 *
 * @param format for people or for machines
 * @param level what is logged
 */
public record LogConfig(Format format, Level level) {

  /** How a log line looks. */
  public enum Format {
    /** One readable line. */
    TEXT,
    /** One JSON object a line. */
    JSON
  }

  /** The least severe level that is logged. */
  public enum Level {
    /** Only what fails. */
    ERROR,
    /** And what needs a look. */
    WARN,
    /** And what happens once in a while. */
    INFO,
    /** And what helps to find a fault. */
    DEBUG,
    /** Everything. */
    TRACE
  }
}
