package io.duckspool.common.admin;

import io.duckspool.common.fuzz.FuzzCorpus;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Fuzzes listen URIs: what is taken has one canonical form and one folder. */
public class ListenUriFuzzTest {

  /** The target; throws for a finding only. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzCorpus.bounded(input, ListenUriFuzzTest::take);
  }

  private static void take(byte[] input) {
    ListenUri uri;
    try {
      uri = ListenUri.parse(new String(input, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return;
    }
    boolean isCanonical =
        ListenUri.parse(uri.toString()).equals(uri)
            && ListenUri.ofFolderName(uri.folderName()).equals(Optional.of(uri));
    if (!isCanonical) {
      throw new AssertionError("not canonical: " + uri + ", folder " + uri.folderName());
    }
  }

  @Test
  void inputs_areTakenOrRefused_andNothingElse() throws Exception {
    FuzzCorpus.run("listen-uri", ListenUriFuzzTest::take);
  }
}
