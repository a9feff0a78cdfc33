/** Real servers for tests, each stopped by the test that started it. */
package io.duckspool.writer.servers;
