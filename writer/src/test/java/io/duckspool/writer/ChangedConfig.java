package io.duckspool.writer;

import io.duckspool.common.config.ServerConfig;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Parameters of a server, but for some. */
public final class ChangedConfig {

  private ChangedConfig() {}

  /**
   * @param changed by the names of the record's components
   */
  public static ServerConfig of(ServerConfig config, Map<String, Object> changed) {
    RecordComponent[] components = ServerConfig.class.getRecordComponents();
    Object[] values = new Object[components.length];
    Set<String> unknown = new HashSet<>(changed.keySet());
    try {
      for (int i = 0; i < components.length; i++) {
        String name = components[i].getName();
        unknown.remove(name);
        values[i] =
            changed.containsKey(name)
                ? changed.get(name)
                : components[i].getAccessor().invoke(config);
      }
      if (!unknown.isEmpty()) {
        throw new AssertionError("no such parameter: " + unknown);
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      return ServerConfig.class.getConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
