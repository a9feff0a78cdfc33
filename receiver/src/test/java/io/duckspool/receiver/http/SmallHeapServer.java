package io.duckspool.receiver.http;

/** Runs one server in a JVM of its own until its standard input ends; prints its port. */
public final class SmallHeapServer {

  private SmallHeapServer() {}

  public static void main(String[] args) throws Exception {
    TestServer.Options options = TestServer.options();
    options.maxBodyBytes = 16 << 20;
    options.maxInFlightBytes = Runtime.getRuntime().maxMemory() / 4;
    options.httpThreads = 8;
    try (TestServer server = options.start()) {
      server.fake.dropPayloads();
      System.out.println("port " + server.port);
      while (System.in.read() >= 0) {
        continue;
      }
      TestServer.await("all memory is given back", () -> server.memory.reservedBytes() == 0);
      System.out.println("nothing left");
    }
  }
}
