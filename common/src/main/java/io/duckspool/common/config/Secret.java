package io.duckspool.common.config;

/**
 * A token, key or password. Its text comes out only by {@link #reveal()}, so that printing a
 * configuration, or a record that holds one, never shows it.
 */
public final class Secret {
  private final String text;

  /** Wraps the text. */
  public Secret(String text) {
    this.text = text;
  }

  /** The text itself: for comparing and for passing on, never for a log or a message. */
  public String reveal() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && secret.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "***";
  }
}
