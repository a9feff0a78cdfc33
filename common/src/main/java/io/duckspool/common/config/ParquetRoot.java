package io.duckspool.common.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Where a Parquet target keeps its files. */
public sealed interface ParquetRoot {

  /** A folder of this machine. */
  record Folder(Path path) implements ParquetRoot {

    public Folder {
      path = path.toAbsolutePath().normalize();
    }

    @Override
    public String location() {
      return path.toString();
    }
  }

  /**
   * A prefix in an S3 bucket.
   *
   * @param prefix without slashes at its ends; empty: the whole bucket
   */
  record Bucket(String bucket, String prefix) implements ParquetRoot {

    @Override
    public String location() {
      return SCHEME + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
  }

  String SCHEME = "s3://";

  /** S3's rules for names of buckets, but for what only address-like names would break. */
  Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

  /** What DuckDB takes for a pattern of file names, or what no name should have. */
  Pattern UNFIT = Pattern.compile("[*?\\[\\]\\\\\\p{Cntrl}]");

  /** The one spelling of this root: an absolute path, or {@code s3://bucket/prefix}. */
  String location();

  /**
   * Reads {@code parquet_export_path}. A relative path starts at the working directory.
   *
   * @throws IllegalArgumentException says what is wrong with it
   */
  static ParquetRoot parse(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("must not be empty");
    }
    if (UNFIT.matcher(text).find()) {
      throw new IllegalArgumentException(
          "must not contain * ? [ ] \\ or control characters, got \"" + text + "\"");
    }
    if (text.startsWith(SCHEME)) {
      return bucket(text);
    }
    if (text.contains("://")) {
      throw new IllegalArgumentException("a folder or s3://bucket/prefix, got \"" + text + "\"");
    }
    try {
      return new Folder(Path.of(text));
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("a folder, got \"" + text + "\"", e);
    }
  }

  private static Bucket bucket(String text) {
    String[] parts = text.substring(SCHEME.length()).split("/", -1);
    if (!BUCKET.matcher(parts[0]).matches()) {
      throw new IllegalArgumentException(
          "s3://bucket/prefix with a bucket of 3 to 63 lower-case letters, digits, dots and"
              + " hyphens, got \""
              + text
              + "\"");
    }
    int end = parts.length;
    while (end > 1 && parts[end - 1].isEmpty()) {
      end--;
    }
    String[] prefix = Arrays.copyOfRange(parts, 1, end);
    for (String part : prefix) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw new IllegalArgumentException(
            "a prefix must not have empty parts, \".\" or \"..\", got \"" + text + "\"");
      }
    }
    return new Bucket(parts[0], String.join("/", prefix));
  }
}
