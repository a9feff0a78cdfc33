package io.duckspool.deploy.harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How much a quantity grows with the progress of a run: the median of the slopes between all pairs
 * of samples (Theil and Sen). A few samples that are far off don't move it, whichever they are, as
 * they would move a line by least squares. Used by one thread.
 */
public final class Growth {
  private static final int MIN_SAMPLES = 10;

  private record Sample(double progress, double value) {}

  private final List<Sample> samples = new ArrayList<>();

  /** Adds a sample; progress must have been made since the last one. */
  public void add(double progress, double value) {
    if (!samples.isEmpty() && progress <= samples.get(samples.size() - 1).progress()) {
      throw new AssertionError("no progress at " + progress + ": " + this);
    }
    samples.add(new Sample(progress, value));
  }

  /** The growth of the value per unit of progress; fails for fewer than 10 samples. */
  public double perUnit() {
    int count = samples.size();
    if (count < MIN_SAMPLES) {
      throw new AssertionError("only " + count + " samples: " + this);
    }
    double[] slopes = new double[count * (count - 1) / 2];
    int next = 0;
    for (int i = 0; i < count; i++) {
      for (int j = i + 1; j < count; j++) {
        Sample from = samples.get(i);
        Sample to = samples.get(j);
        slopes[next++] = (to.value() - from.value()) / (to.progress() - from.progress());
      }
    }
    Arrays.sort(slopes);
    int middle = slopes.length / 2;
    return slopes.length % 2 == 1 ? slopes[middle] : (slopes[middle - 1] + slopes[middle]) / 2;
  }

  /** The mean of all samples; 0 when there are none. */
  public double mean() {
    return samples.stream().mapToDouble(Sample::value).average().orElse(0);
  }

  /** First, mean and last sample, in words. */
  public String summary() {
    return samples.isEmpty()
        ? "no samples"
        : String.format(
            Locale.ROOT,
            "%,.0f at first, %,.0f in the mean, %,.0f at last",
            samples.get(0).value(),
            mean(),
            samples.get(samples.size() - 1).value());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Sample sample : samples) {
      text.append(String.format(Locale.ROOT, "%.3f:%.0f ", sample.progress(), sample.value()));
    }
    return text.toString().strip();
  }
}
