package io.duckspool.deploy.targets;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.duckspool.deploy.harness.Await;
import io.duckspool.deploy.harness.Rig;
import io.duckspool.writer.servers.HttpProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What an Iceberg catalog may do, by a proxy in front of a real one. Used by the test's thread. */
final class CatalogFaults {
  private static final Pattern COMMIT =
      Pattern.compile("[^?]*(/transactions/commit|/namespaces/[^/?]+/tables/[^/?]+)(\\?.*)?");

  private final HttpProxy proxy;
  private final Rig rig;
  private final Random random;

  CatalogFaults(HttpProxy proxy, Rig rig, Random random) {
    this.proxy = proxy;
    this.rig = rig;
    this.random = random;
  }

  List<Fault> all() {
    return List.of(
        new Fault("away", outage -> answer(HttpProxy.Answer.CUT, outage)),
        new Fault("mute", this::mute),
        new Fault("500", outage -> answer(new HttpProxy.Answer(500, "{}"), outage)),
        new Fault("503", outage -> answer(new HttpProxy.Answer(503, "{}"), outage)),
        new Fault("slow", this::slow),
        new Fault("a commit without an answer", this::commitUnheard),
        new Fault("a late commit", this::commitLate));
  }

  private void answer(HttpProxy.Answer answer, Outage outage) throws Exception {
    follow(request -> true, (request, upstream) -> answer, outage::lastsWithoutCommits);
  }

  /** Requests get no answer until they are cut off. */
  private void mute(Outage outage) throws Exception {
    CompletableFuture<HttpProxy.Answer> cut = new CompletableFuture<>();
    follow(request -> true, (request, upstream) -> cut.join(), outage::lastsWithoutCommits);
    cut.complete(HttpProxy.Answer.CUT);
  }

  private void slow(Outage outage) throws Exception {
    follow(
        request -> true,
        (request, upstream) -> {
          pause(200);
          return upstream.send(request);
        },
        outage::lasts);
  }

  /** Commits get to the catalog, their answers nowhere. */
  private void commitUnheard(Outage outage) throws Exception {
    List<HttpProxy.Answer> unheard = new CopyOnWriteArrayList<>();
    follow(
        CatalogFaults::isCommit,
        (request, upstream) -> {
          unheard.add(upstream.send(request));
          return HttpProxy.Answer.CUT;
        },
        outage::lasts);
    Await.until("the catalog answers", Rig.LIMIT, () -> !unheard.isEmpty(), rig::logs);
    assertDecided(unheard);
  }

  /** Commits are cut off, and get to the catalog seconds later, when others may have been made. */
  private void commitLate(Outage outage) throws Exception {
    List<CompletableFuture<HttpProxy.Answer>> late = new CopyOnWriteArrayList<>();
    long delayMillis = random.nextInt(5_000);
    follow(
        CatalogFaults::isCommit,
        (request, upstream) -> {
          late.add(
              CompletableFuture.supplyAsync(
                  () -> send(request, upstream),
                  CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS)));
          return HttpProxy.Answer.CUT;
        },
        outage::lasts);
    assertDecided(late.stream().map(CompletableFuture::join).toList());
  }

  /** A transaction over tables, or the change of one; not that a table is made. */
  private static boolean isCommit(HttpProxy.Request request) {
    return request.method().equals("POST")
        && COMMIT.matcher(request.path()).matches()
        && !request.body().contains("assert-create");
  }

  private static HttpProxy.Answer send(HttpProxy.Request request, HttpProxy.Upstream upstream) {
    try {
      return upstream.send(request);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The catalog has applied each, or refused it because of another; and there was one. */
  private static void assertDecided(List<HttpProxy.Answer> answers) {
    System.out.println("unheard: " + answers.stream().map(HttpProxy.Answer::status).toList());
    assertFalse(answers.isEmpty(), "no commit got to the catalog");
    for (HttpProxy.Answer answer : answers) {
      assertTrue(answer.status() / 100 == 2 || answer.status() == 409, answer::toString);
    }
  }

  /** How long a fault lasts, and what holds meanwhile. */
  @FunctionalInterface
  private interface Lasting {
    void last() throws Exception;
  }

  /** Some requests are treated so for a while, at least one of them. */
  private void follow(Predicate<HttpProxy.Request> which, HttpProxy.Script script, Lasting lasting)
      throws Exception {
    AtomicInteger count = new AtomicInteger();
    proxy.follow(
        (request, upstream) -> {
          if (!which.test(request)) {
            return upstream.send(request);
          }
          count.incrementAndGet();
          return script.answer(request, upstream);
        });
    Outage.awaitStruck(() -> count.get() > 0, rig);
    lasting.last();
    proxy.follow(HttpProxy.Script.PASS);
  }

  private static void pause(long millis) {
    long began = System.nanoTime();
    Await.until(
        "time passes",
        Rig.LIMIT,
        () -> System.nanoTime() - began >= Duration.ofMillis(millis).toNanos());
  }
}
