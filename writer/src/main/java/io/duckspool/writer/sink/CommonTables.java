package io.duckspool.writer.sink;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The queries that a statement names by WITH, and how often each would be planned if it were
 * planned anew wherever it is used. NOT MATERIALIZED asks for that, and the parse tree doesn't tell
 * of it: a chain of 16 in which each uses the one before twice takes DuckDB 40 s to plan, one of 30
 * takes days. Where a name holds isn't looked at. Used by one thread.
 */
final class CommonTables {

  /** The statement itself, which no WITH can name. */
  private static final String STATEMENT = "";

  /** Names used by each query, once for each use. */
  private final Map<String, List<String>> uses = new HashMap<>();

  private final Deque<String> open = new ArrayDeque<>(List.of(STATEMENT));

  /** What is used from now on is used by this query. */
  void begin(String name) {
    open.push(key(name));
    uses.putIfAbsent(key(name), new ArrayList<>());
  }

  void end() {
    open.pop();
  }

  /** Notes a table in FROM, whether or not a WITH names it. */
  void use(String name) {
    uses.computeIfAbsent(open.element(), key -> new ArrayList<>()).add(key(name));
  }

  boolean has(String name) {
    return !name.isEmpty() && uses.containsKey(key(name));
  }

  /** Tables that the statement would refer to, up to a bound. */
  long expanded(long bound) {
    return expanded(STATEMENT, bound, new HashMap<>(), new HashSet<>());
  }

  private long expanded(String name, long bound, Map<String, Long> known, Set<String> above) {
    Long before = known.get(name);
    if (before != null) {
      return before;
    }
    if (!above.add(name)) {
      return 1; // Recursive: planned once.
    }
    long sum = 1;
    for (String used : uses.getOrDefault(name, List.of())) {
      sum = Math.min(bound, sum + expanded(used, bound, known, above));
    }
    above.remove(name);
    known.put(name, sum);
    return sum;
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
