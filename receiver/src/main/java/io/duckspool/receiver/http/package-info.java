/** The OTLP listeners: routes, checks and replies over HTTP. */
@NullMarked
package io.duckspool.receiver.http;

import org.jspecify.annotations.NullMarked;
