package io.duckspool.common.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PromotedAttributesTest {

  @Test
  void columns_keepLettersAndDigits_andNothingElse() {
    assertEquals(
        "resource_attr_k8s_Pod_name_2", PromotedAttributes.resourceColumn("k8s.Pod-name_2"));
    assertEquals("scope_attr___", PromotedAttributes.scopeColumn("ä\uD83D\uDE00"));
  }

  @Test
  void keysThatWouldShareAColumn_collide_whateverTheirCase() {
    assertEquals(
        Optional.of("\"host.name\" and \"Host-Name\" would share one column, ..._attr_host_name"),
        PromotedAttributes.collision(List.of("x", "host.name", "Host-Name")));
    assertEquals(Optional.empty(), PromotedAttributes.collision(List.of("a", "b", "a")));
    assertEquals(Optional.empty(), PromotedAttributes.collision(List.of()));
  }
}
