package io.duckspool.deploy.load;

import java.util.List;

/**
 * What a load does. Immutable.
 *
 * @param mix the requests taken in turn by number, all with the same record count
 */
public record LoadPlan(
    LoadTarget target, List<StampedRequest> mix, Pace pace, Retry retry, Mistakes mistakes) {
  public LoadPlan {
    mix = List.copyOf(mix);
    if (mix.stream().mapToInt(StampedRequest::recordCount).distinct().count() != 1) {
      throw new IllegalArgumentException("requests of one load must have one record count");
    }
  }

  /** Records in each request. */
  public int recordsPerRequest() {
    return mix.get(0).recordCount();
  }
}
