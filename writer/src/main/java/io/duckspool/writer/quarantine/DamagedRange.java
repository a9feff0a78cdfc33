package io.duckspool.writer.quarantine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.duckspool.spool.FileRange;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes {@code [firstByte, nextByte)} of a segment in which no entry can be read. None where the
 * file ends at {@code firstByte}, or has only zeros from there on.
 *
 * @param segmentFile the segment's file by its name, which lies in the spool folder of its server
 * @param firstByte offset in that file
 * @param nextByte offset behind the last one
 */
public record DamagedRange(String segmentFile, long firstByte, long nextByte) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public DamagedRange {
    if (firstByte < 0 || nextByte < firstByte) {
      throw new IllegalArgumentException(
          "nextByte must be >= firstByte >= 0, got [%d, %d)".formatted(firstByte, nextByte));
    }
  }

  /** Ranges that the spool names, without their folder. */
  public static List<DamagedRange> of(List<FileRange> ranges) {
    return ranges.stream()
        .map(
            range ->
                new DamagedRange(
                    String.valueOf(range.file().getFileName()),
                    range.offset(),
                    range.offset() + range.length()))
        .toList();
  }

  /** An array of an object each: {@code segment_file}, {@code first_byte}, {@code next_byte}. */
  public static ArrayNode json(List<DamagedRange> ranges) {
    ArrayNode array = JSON.createArrayNode();
    for (DamagedRange range : ranges) {
      ObjectNode object = array.addObject();
      object.put("segment_file", range.segmentFile);
      object.put("first_byte", range.firstByte);
      object.put("next_byte", range.nextByte);
    }
    return array;
  }

  /**
   * Reads such an array; none when there is no array.
   *
   * @throws IllegalArgumentException bounds that no range has
   */
  static List<DamagedRange> parse(JsonNode array) {
    List<DamagedRange> ranges = new ArrayList<>();
    for (JsonNode object : array) {
      ranges.add(
          new DamagedRange(
              object.path("segment_file").asText(),
              object.path("first_byte").asLong(),
              object.path("next_byte").asLong()));
    }
    return ranges;
  }

  @Override
  public String toString() {
    return "bytes " + firstByte + " to " + nextByte + " of " + segmentFile;
  }
}
