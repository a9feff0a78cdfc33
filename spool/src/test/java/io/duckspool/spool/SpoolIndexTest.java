package io.duckspool.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class SpoolIndexTest {

  @Test
  void isComparedAsTwoNumbers() {
    assertTrue(new SpoolIndex(9, 100).compareTo(new SpoolIndex(10, 1)) < 0);
    assertTrue(new SpoolIndex(10, 2).compareTo(new SpoolIndex(10, 10)) < 0);
  }

  @Test
  void parse_namesTheText_whenItIsNoIndex() {
    for (String bad : new String[] {"", "1", "-", "1-", "-1", "a-b", "1-2-3"}) {
      var e = assertThrows(IllegalArgumentException.class, () -> SpoolIndex.parse(bad));
      assertTrue(e.getMessage().contains(bad));
    }
  }

  @Property
  void everyFormReadsBackTheSame(
      @ForAll @IntRange(min = 0) int segment,
      @ForAll @LongRange(min = 0, max = 0xFFFF_FFFFL) long sequence) {
    SpoolIndex index = new SpoolIndex(segment, sequence);
    assertEquals(index, SpoolIndex.ofLong(index.toLong()));
    assertEquals(index, SpoolIndex.parse(index.toString()));
  }
}
