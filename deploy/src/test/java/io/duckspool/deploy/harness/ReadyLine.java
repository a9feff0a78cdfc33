package io.duckspool.deploy.harness;

import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code duckspool up} says once its server takes requests.
 *
 * @param listenUrl of the server
 * @param tokenFile as it stands there; relative to the folder that it was started in
 * @param database the default one, likewise
 */
public record ReadyLine(URI listenUrl, Path tokenFile, Path database) {
  private static final Pattern LINE =
      Pattern.compile("(?m)^ready listen_url=(\\S+) auth_token_file=(\\S+) database=(\\S+)$");

  /** Waits for the line. */
  public static ReadyLine await(DuckspoolProcess up) {
    Await.until(
        "the ready line",
        Rig.LIMIT,
        () -> {
          if (LINE.matcher(up.output()).find()) {
            return true;
          }
          if (!up.isAlive()) {
            throw new Await.GaveUpException("it has ended");
          }
          return false;
        },
        up::logTail);
    Matcher line = LINE.matcher(up.output());
    if (!line.find()) {
      throw new AssertionError("the ready line is gone\n" + up.logTail());
    }
    return new ReadyLine(URI.create(line.group(1)), Path.of(line.group(2)), Path.of(line.group(3)));
  }
}
