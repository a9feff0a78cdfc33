/** What is admitted, how bodies are buffered, validated and counted; knows no HTTP library. */
@NullMarked
package io.duckspool.receiver.ingest;

import org.jspecify.annotations.NullMarked;
