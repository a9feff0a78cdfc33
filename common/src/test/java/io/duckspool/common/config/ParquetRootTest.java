package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ParquetRootTest {

  @ParameterizedTest
  @CsvSource({
    "/data/otlp, /data/otlp",
    "/data//otlp/../x/, /data/x",
    "/data/it's a place, /data/it's a place",
    "s3://bucket, s3://bucket",
    "s3://bucket/, s3://bucket",
    "s3://my.bucket-1/a/b c//, s3://my.bucket-1/a/b c"
  })
  void aRoot_hasOneSpelling(String text, String location) {
    assertEquals(location, ParquetRoot.parse(text).location());
    assertEquals(ParquetRoot.parse(text), ParquetRoot.parse(location));
  }

  @Test
  void aRelativePath_startsAtTheWorkingDirectory() {
    assertEquals(
        Path.of("").toAbsolutePath().resolve("export").toString(),
        ParquetRoot.parse("./export").location());
  }

  @ParameterizedTest
  @CsvSource({
    "' ', must not be empty",
    "/data/*.parquet, must not contain",
    "'s3://bucket/a?b', must not contain",
    "/data/[x], must not contain",
    "gs://bucket/x, a folder or s3://bucket/prefix",
    "https://host/x, a folder or s3://bucket/prefix",
    "s3://, s3://bucket/prefix with a bucket",
    "s3:///prefix, s3://bucket/prefix with a bucket",
    "s3://Bucket/x, s3://bucket/prefix with a bucket",
    "s3://bucket//x, a prefix must not have empty parts",
    "s3://bucket/../x, a prefix must not have empty parts"
  })
  void whatCannotBeARoot_isRefused(String text, String message) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> ParquetRoot.parse(text));
    assertTrue(String.valueOf(e.getMessage()).startsWith(message), e.getMessage());
  }
}
