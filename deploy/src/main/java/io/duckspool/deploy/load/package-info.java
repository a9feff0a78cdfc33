/**
 * The load generator: export requests encoded beforehand and stamped in place, the connections that
 * send them, and what is noted of the answers. Knows OTLP/HTTP, and nothing of the server.
 */
@NullMarked
package io.duckspool.deploy.load;

import org.jspecify.annotations.NullMarked;
