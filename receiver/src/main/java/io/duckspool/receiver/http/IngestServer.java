package io.duckspool.receiver.http;

import io.duckspool.common.admin.ControlToken;
import io.duckspool.common.admin.ListenUri;
import io.duckspool.receiver.ingest.Admission;
import io.duckspool.receiver.ingest.RequestValidator;
import io.duckspool.spool.Spool;
import java.util.Optional;

/**
 * What makes one server.
 *
 * @param uri where it listens
 * @param httpThreads threads that read, validate and reply, above 0
 * @param maxBodyBytes bound of an encoded body
 * @param isOtlpMode whether replies are those of the OTLP specification
 * @param token empty when authentication is off
 * @param admission decides what is taken
 * @param validator proves what is storable
 * @param spool where accepted requests go
 * @param counts what the server's requests are counted in
 */
public record IngestServer(
    ListenUri uri,
    int httpThreads,
    long maxBodyBytes,
    boolean isOtlpMode,
    Optional<ControlToken> token,
    Admission admission,
    RequestValidator validator,
    Spool spool,
    RequestCounts counts) {}
