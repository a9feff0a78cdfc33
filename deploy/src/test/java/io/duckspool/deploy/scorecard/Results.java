package io.duckspool.deploy.scorecard;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file of results, one line of JSON each, oldest first. */
final class Results {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  Results(Path file) {
    this.file = file;
  }

  /** None when there is no file. */
  List<Result> read() {
    try {
      List<Result> results = new ArrayList<>();
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          results.add(JSON.readValue(line, Result.class));
        }
      }
      return results;
    } catch (IOException e) {
      throw new UncheckedIOException(file + " is no file of results", e);
    }
  }

  void append(Result result) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(
          file,
          JSON.writeValueAsString(result) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
